/* Everything that the services need, and the services: what the tests of this folder share. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { inject } from 'vitest';
import { z } from 'zod';
import { secretFallbacks } from '../../../src/autonomous-op/secrets';
import { serviceKeys, ServiceKey, services } from '../../../src/autonomous-op/services';
import { SecretValue } from '../../../src/core/secrets';
import { containerOf, Manifests, synthesize, textAt } from '../../autonomous-op/production';
import { forTheTests } from './actuator';
import { Kafka } from './kafka';
import { Keycloak } from './keycloak';
import { Machine } from './machine';
import { Names, Network, Service } from './network';
import { Pod } from './pod';
import { Postgres } from './postgres';
import { Redis } from './redis';
import { Surroundings } from './store';
import { Traces } from './traces';

/** The releases of Spring Boot that the services are tried with, and what the names of their jars end with. */
export const releases = { '3.5': '', '4.0': '-boot4' } as const;

/** A release of Spring Boot. */
export type Release = keyof typeof releases;

/** The stand-in that plays a kind of service. */
const jars = { gateway: 'gateway', spring: 'service', inference: 'inference' } as const;

/** A value for each secret: what follows from the manifests, and a random password for the rest. */
const secretValues = new Map(
  [...secretFallbacks].map(([key, fallback]) => [
    key,
    typeof fallback === 'object' ? fallback.value : randomBytes(12).toString('hex'),
  ]),
);

/** The manifests of production, with Secrets of our own. */
const manifests: Manifests = synthesize('production', {
  values: new Map([...secretValues].map(([key, value]) => [key, new SecretValue(value)])),
});

function secret(name: string, key: string): string {
  const [, value] = [...secretValues].find(([each]) => each.secret === name && each.key === key) ?? [];
  return z.string({ error: `there is no key ${key} in Secret ${name}` }).parse(value);
}

/** The stores, and what else the services connect to. */
export class Platform {
  private constructor(
    private readonly given: Surroundings,
    readonly kafka: Kafka,
    readonly postgres: Postgres,
    readonly redis: Redis,
    readonly keycloak: Keycloak,
    readonly traces: Traces,
  ) {}

  static async start({ folder, kafka: classPath }: Machine): Promise<Platform> {
    const network = new Network();
    const names = new Names(join(folder, 'hosts'));
    const given = { network, names, folder, manifests, secret };
    const keycloak = new Keycloak(given, issuer, folder);
    const traces = new Traces();
    const collector = network.addServiceAddress();
    names.set('autonomous-op-jaeger-collector', collector);
    const [kafka, postgres, redis] = await Promise.all([
      Kafka.start(given, classPath),
      Postgres.start(given),
      Redis.start(given),
      keycloak.start(),
      traces.listen(collector),
    ]);
    return new Platform(given, kafka, postgres, redis, keycloak, traces);
  }

  /** The services with a release of Spring Boot, of which none runs yet. */
  async deployments(release: Release): Promise<Deployments> {
    return Deployments.create(release, this.given, this.keycloak.trustStore);
  }
}

/** The issuer that the gateway is told. */
const issuer = textAt(
  containerOf(manifests, services.gateway.name),
  'env SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URI value',
);

/** The services with one release of Spring Boot. Their names lead to their own pods, and to the stores that all share. */
export class Deployments {
  private readonly pods = new Map<ServiceKey, Pod[]>();

  private constructor(
    readonly release: Release,
    private readonly given: Surroundings,
    private readonly trustStore: string,
    private readonly services: ReadonlyMap<ServiceKey, Service>,
  ) {}

  static async create(release: Release, given: Surroundings, trustStore: string): Promise<Deployments> {
    const names = new Names(join(given.folder, `hosts${releases[release]}`), given.names);
    const listening = serviceKeys.map(async (key) => {
      const { name, ports } = services[key];
      const service = await Service.listen(given.network.addServiceAddress(), Object.values(ports));
      names.set(name, service.address);
      return [key, service] as const;
    });
    return new Deployments(release, { ...given, names }, trustStore, new Map(await Promise.all(listening)));
  }

  /** Starts a pod of a service, and leads requests to it once it is ready. */
  async start(key: ServiceKey, extra: Readonly<Record<string, string>> = {}): Promise<Pod> {
    const pod = this.create(key, extra);
    await pod.ready();
    this.enter(key, pod);
    return pod;
  }

  /** Has a pod of each service, with what the tests add to its environment; two start at a time. */
  async have(...keys: readonly ServiceKey[]): Promise<void> {
    const missing = keys.filter((key) => this.podsOf(key).length === 0);
    while (missing.length > 0) await Promise.all(missing.splice(0, 2).map((key) => this.start(key, forTheTests)));
  }

  /** Starts a pod, and does not wait for it. */
  create(key: ServiceKey, extra: Readonly<Record<string, string>> = {}): Pod {
    const { name, kind } = services[key];
    const jar = join('stand-ins', jars[kind], 'target', `${jars[kind]}${releases[this.release]}.jar`);
    return new Pod(manifests.get('Deployment', name), {
      ...this.given,
      jar,
      trustStore: this.trustStore,
      secret,
      extra,
    });
  }

  /** Leads requests to a pod. */
  enter(key: ServiceKey, pod: Pod): void {
    this.pods.set(key, [...this.podsOf(key), pod]);
    this.serviceOf(key).endpoints.add(pod.address);
  }

  /**
   * Stops a pod as Kubernetes does: it is told to stop, and a second later no node leads new connections to it any more. Gives the
   * seconds that it took.
   */
  async stop(key: ServiceKey, pod: Pod): Promise<number> {
    this.pods.set(
      key,
      this.podsOf(key).filter((each) => each !== pod),
    );
    setTimeout(() => this.serviceOf(key).endpoints.delete(pod.address), 1000);
    return pod.stop();
  }

  /** URL of a path at a service: one of its pods answers. */
  url(key: ServiceKey, path: string): string {
    return `http://${this.serviceOf(key).address}:${services[key].ports.httpPort}${path}`;
  }

  /** Nobody answers at the address of a service, until what this gives is called. */
  unplug(key: ServiceKey): () => void {
    return this.given.network.unplug(this.serviceOf(key).address);
  }

  private podsOf(key: ServiceKey): readonly Pod[] {
    return this.pods.get(key) ?? [];
  }

  /** The pod of a service that has one. */
  pod(key: ServiceKey): Pod {
    const [pod] = this.podsOf(key);
    if (pod === undefined) throw new Error(`${services[key].name} has no pod`);
    return pod;
  }

  private serviceOf(key: ServiceKey): Service {
    const service = this.services.get(key);
    if (service === undefined) throw new Error(`${services[key].name} has no address`);
    return service;
  }
}

/** Whether this machine has what the tests need; machine.ts has said what it lacks. */
export const machine: Machine | undefined = inject('machine');

let platform: Promise<Platform> | undefined;

/** The platform, which the first file of tests starts for all of them. */
export function thePlatform(): Promise<Platform> {
  if (machine === undefined) throw new Error('this machine has no platform');
  return (platform ??= Platform.start(machine));
}

const deployments = new Map<Release, Promise<Deployments>>();

/** The services with a release of Spring Boot, for all files of tests. */
export function theDeployments(release: Release): Promise<Deployments> {
  const found = deployments.get(release) ?? thePlatform().then((each) => each.deployments(release));
  deployments.set(release, found);
  return found;
}
