/* A pod of a service, as its Deployment says: environment, user, file system, limits, probes, start and end. */

import { copyFileSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { parseQuantity } from '../../../src/core/quantities';
import { addGroup } from './cgroup';
import { Names, Network, PodNetwork } from './network';
import { Program, until } from '../programs/program';

const probe = z.object({
  httpGet: z.object({ path: z.string(), port: z.string() }),
  timeoutSeconds: z.number(),
});

const quantity = z.string().transform((text) => parseQuantity(text) ?? NaN);

const variable = z.object({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) }).optional(),
});

const container = z.object({
  name: z.string(),
  env: z.array(variable),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
  resources: z.object({ limits: z.looseObject({ cpu: quantity, memory: quantity }) }),
  securityContext: z.object({
    readOnlyRootFilesystem: z.literal(true),
    allowPrivilegeEscalation: z.literal(false),
    capabilities: z.object({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  volumeMounts: z.tuple([z.object({ name: z.literal('tmp'), mountPath: z.literal('/tmp') })]),
  lifecycle: z.object({
    preStop: z.object({ exec: z.object({ command: z.tuple([z.literal('sleep'), z.string()]) }) }),
  }),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
});

/** What the tests play of a Deployment. What it has that is not here would not be played, so the schema refuses it. */
const deployment = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z.tuple([container]),
        securityContext: z.object({ runAsUser: z.number(), runAsGroup: z.number(), fsGroup: z.number() }),
        terminationGracePeriodSeconds: z.number(),
        volumes: z.tuple([z.object({ name: z.literal('tmp'), emptyDir: z.object({ sizeLimit: quantity }) })]),
      }),
    }),
  }),
});

/** The probes that the kubelet makes. */
export type ProbeName = 'startupProbe' | 'livenessProbe' | 'readinessProbe';

/** What a pod is made of, beside its Deployment. */
export interface PodProps {
  readonly network: Network;
  readonly names: Names;
  /** Folder of images and logs. */
  readonly folder: string;
  /** Path of the jar that the image runs. */
  readonly jar: string;
  /** A trust store for Java, in place of the image's own. */
  readonly trustStore: string;
  /** The values of the Secrets, by Secret and key. */
  readonly secret: (name: string, key: string) => string;
  /** Variables that the manifests don't have, or have otherwise. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** A running pod. */
export class Pod {
  /** Its name, as `kubectl get pods` would show it. */
  readonly name: string;
  /** The environment of the application. */
  readonly env: Readonly<Record<string, string>>;

  private readonly template: z.infer<typeof deployment>['spec']['template']['spec'];
  private readonly place: PodNetwork;
  private readonly program: Program;
  private static count = 0;

  /** Starts a pod of a Deployment. */
  constructor(object: unknown, props: PodProps) {
    this.template = deployment.parse(object).spec.template.spec;
    this.name = `${this.container.name}-${++Pod.count}`;
    this.place = props.network.addPod();
    props.names.set(this.name, this.place.address);
    this.env = {
      ...OF_THE_IMAGE,
      HOSTNAME: this.name,
      KUBERNETES_SERVICE_HOST: '10.99.0.1',
      KUBERNETES_SERVICE_PORT: '443',
      ...environmentOf(this.container.env, props),
    };
    const image = imageOf(this.container.name, this.name, props);
    const groups = addGroup(this.name, this.container.resources.limits);
    const script = join(props.folder, `${this.name}.sh`);
    writeFileSync(script, this.script(image, groups, props));
    this.program = new Program({
      namespace: this.place.namespace,
      command: ['/usr/bin/unshare', '--mount', '--pid', '--uts', '--ipc', '--fork', '--kill-child', '/bin/sh', script],
      env: this.env,
      log: join(props.folder, `${this.name}.log`),
    });
  }

  get address(): string {
    return this.place.address;
  }

  /** What the application has logged. */
  get log(): string {
    return this.program.output;
  }

  get running(): boolean {
    return this.program.running;
  }

  /** Bytes that the container may use. */
  get memoryLimit(): number {
    return this.container.resources.limits.memory;
  }

  /** URL of a path, at a port by its name. */
  url(port: string, path: string): string {
    return `http://${this.address}:${this.port(port)}${path}`;
  }

  port(name: string): number {
    const found = this.container.ports.find((each) => each.name === name);
    if (found === undefined) throw new Error(`${this.name} has no port ${name}`);
    return found.containerPort;
  }

  /** Makes a probe as the kubelet does; gives the status, or why there is none. */
  async probe(name: ProbeName): Promise<number | string> {
    const { httpGet, timeoutSeconds } = this.container[name];
    return fetch(this.url(httpGet.port, httpGet.path), {
      headers: { 'user-agent': 'kube-probe/1.27', accept: '*/*', connection: 'close' },
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    }).then(
      ({ status }) => status,
      (error: unknown) => String(error),
    );
  }

  /** Waits as the kubelet does: until it has started, then until it is ready. */
  async ready(seconds = 240): Promise<void> {
    for (const name of ['startupProbe', 'readinessProbe'] as const) {
      const { program } = this;
      await until(`${this.name}: ${name}`, async () => (await this.probe(name)) === 200, { seconds, program });
    }
  }

  /** Ends it as the kubelet does: preStop, SIGTERM, and SIGKILL when the grace period is over. Gives the seconds that it took. */
  async stop(): Promise<number> {
    const began = Date.now();
    const timer = setTimeout(() => {
      this.signal('SIGKILL');
    }, this.graceSeconds * 1000);
    await sleep(this.drainSeconds * 1000);
    this.signal('SIGTERM');
    await this.program.end();
    clearTimeout(timer);
    this.place.remove();
    return (Date.now() - began) / 1000;
  }

  /** Seconds that a pod goes on serving after it was told to stop. */
  get drainSeconds(): number {
    return Number(this.container.lifecycle.preStop.exec.command[1]);
  }

  /** Seconds until a pod that was told to stop is killed. */
  get graceSeconds(): number {
    return this.template.terminationGracePeriodSeconds;
  }

  async kill(): Promise<void> {
    if (!this.running) return;
    await this.program.kill();
    this.place.remove();
  }

  private get container(): z.infer<typeof container> {
    return this.template.containers[0];
  }

  /** The application is the one child of the program that made its namespaces. */
  private signal(signal: NodeJS.Signals): void {
    const { pid } = this.program;
    const child = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    if (child !== '') process.kill(Number(child), signal);
  }

  /** Makes the container and becomes the application. */
  private script(image: string, groups: readonly string[], { names, trustStore }: PodProps): string {
    const { runAsUser, runAsGroup, fsGroup } = this.template.securityContext;
    const [{ emptyDir }] = this.template.volumes;
    const trusted = realpathSync(join(realpathSync('/usr/bin/java'), '../../lib/security/cacerts'));
    const identity = `--reuid ${runAsUser} --regid ${runAsGroup} --groups ${fsGroup}`;
    const powers = '--no-new-privs --bounding-set=-all --inh-caps=-all --ambient-caps=-all --pdeathsig KILL';
    return [
      'set -e',
      ...groups.map((group) => `echo 0 > ${group}/cgroup.procs`),
      `mount --bind ${names.file} /etc/hosts`,
      // Names come from the file alone.
      'mount --bind /dev/null /etc/resolv.conf',
      `mount --bind ${trustStore} ${trusted}`,
      `mount --bind ${image} /srv`,
      'mount -o remount,bind,ro /srv',
      'mount -t proc proc /proc',
      `mount -t tmpfs -o size=${emptyDir.sizeLimit},mode=2777,gid=${fsGroup} tmp /tmp`,
      'mount -o remount,bind,ro /',
      `hostname ${this.name}`,
      'cd /srv',
      `exec setpriv ${identity} ${powers} /usr/bin/java -jar app.jar`,
      '',
    ].join('\n');
  }
}

/** What an image of Java sets. */
const OF_THE_IMAGE = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
} as const;

/** An image holds the jar and the application's name, and nothing else. */
function imageOf(application: string, pod: string, { folder, jar }: PodProps): string {
  const image = join(folder, `${pod}-image`);
  mkdirSync(image);
  copyFileSync(jar, join(image, 'app.jar'));
  writeFileSync(join(image, 'application.properties'), `spring.application.name=${application}\n`);
  return image;
}

/** The environment of a container: Secrets looked up, `$(NAME)` replaced by what stands before it, as the kubelet does. */
function environmentOf(
  variables: readonly z.infer<typeof variable>[],
  { secret, extra = {} }: Pick<PodProps, 'secret' | 'extra'>,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { name, value = '', valueFrom } of variables) {
    const { name: of, key } = valueFrom?.secretKeyRef ?? {};
    env[name] =
      of !== undefined && key !== undefined
        ? secret(of, key)
        : value.replace(/\$(\$|\(([-._a-zA-Z][-._a-zA-Z0-9]*)\))/g, (text, form: string, other: string) =>
            form === '$' ? '$' : (env[other] ?? text),
          );
  }
  return { ...env, ...extra };
}
