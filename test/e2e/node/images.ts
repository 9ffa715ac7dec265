/* The images that the pods run: Debian's packages, jars and single programs, under the names that the manifests have. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { run } from '../kubernetes/control-plane';
import { hasImage, layerOf, Layer, nameImage, removeWork, Start } from './image-store';
import { cache, goProgram, sharedProgram } from './programs';

const imageTool = resolve('../shared/tools/node/image');

/** Everything that comes from Debian, in one image: a node unpacks it once. */
const packages = [
  ...['ca-certificates', 'curl', 'iproute2', 'procps', 'openjdk-17-jre-headless'],
  ...['redis-server', 'postgresql-15', 'prometheus-alertmanager'],
];
const digest = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 12);
const debian = `localhost/aop-debian:${digest}`;

/** The reloader that prometheus-operator puts beside Prometheus and Alertmanager. */
const reloader = 'quay.io/prometheus-operator/prometheus-config-reloader:v0.71.2';

/** Image of the tests' own pods, which connect and listen. */
export const toolsImage = 'localhost/aop-tools:1';

/** What holds the namespaces of a pod; the nodes need it. */
const pause = 'localhost/pause:1';

/** What tells of the cluster's objects. */
export const kubeStateMetricsImage = 'localhost/kube-state-metrics:2.10.1';

/** The operators that run in the cluster, and their images. */
export const operatorImages = {
  'keda-operator': 'localhost/keda-operator:2.11.2',
  'keda-adapter': 'localhost/keda-adapter:2.11.2',
  'keda-webhooks': 'localhost/keda-webhooks:2.11.2',
  'prometheus-operator': 'localhost/prometheus-operator:0.71.2',
};

const files = (name: string) => join(__dirname, 'images', name);

/** What is in an image, and how it starts. */
interface Recipe extends Start {
  readonly files?: () => Promise<Record<string, string | Buffer>>;
}

const single = (name: string, path: () => Promise<string>): Recipe => ({
  files: async () => ({ [`/usr/bin/${name}`]: await path() }),
  entrypoint: [`/usr/bin/${name}`],
});

/** The programs of `local`, by the names of their images without a tag. */
const recipes: Readonly<Record<string, Recipe>> = {
  redis: { entrypoint: ['redis-server'] },
  postgres: {
    files: () =>
      Promise.resolve({
        '/usr/local/bin/postgres-entrypoint': files('postgres-entrypoint.sh'),
        // The user's number in the official image.
        '/etc/passwd': Buffer.from('root:x:0:0::/root:/bin/sh\npostgres:x:999:999::/var/lib/postgresql:/bin/sh\n'),
      }),
    entrypoint: ['/usr/local/bin/postgres-entrypoint'],
  },
  'quay.io/strimzi/kafka': {
    files: async () => ({
      '/opt/kafka/libs': await kafkaJars(),
      '/opt/kafka/bin/kafka-server-start.sh': files('kafka-server-start.sh'),
      '/opt/kafka/bin/kafka-storage.sh': files('kafka-storage.sh'),
    }),
    entrypoint: ['/opt/kafka/bin/kafka-server-start.sh'],
  },
  'quay.io/prometheus/prometheus': single('prometheus', () => goProgram('prometheus-2.49.1')),
  'quay.io/prometheus/alertmanager': {
    files: () => Promise.resolve({ '/usr/bin/alertmanager': files('alertmanager.sh') }),
    entrypoint: ['/usr/bin/alertmanager'],
  },
  'jaegertracing/all-in-one': single('all-in-one', () => goProgram('jaeger-all-in-one-1.48.0')),
  'grafana/grafana': {
    entrypoint: ['/usr/local/bin/standin'],
    env: { PORT: '3000', MANAGEMENT_PORT: '3001', STARTUP: '0' },
  },
};

/**
 * Makes every image of some manifests, and those of the operators and of the tests' own pods. Minutes, the first time.
 *
 * @param trusted path of a certificate that Java trusts in these images
 */
export async function makeImages(manifests: string, trusted: string): Promise<void> {
  const clean = 'rm -rf /var/lib/postgresql/15 /etc/postgresql/15 /var/lib/prometheus';
  await makeByTool(debian, '--from-debian', ...packages, '--run', clean);
  await makeByTool(pause, '--binary', `${await sharedProgram('node/pause')}:/pause`, '--user', '65535:65535');
  const tools = await layerOf({
    '/usr/local/bin/standin': await sharedProgram('node/standin'),
    '/etc/ssl/certs/java/cacerts': await trustStore(trusted),
  });
  const make = async (name: string, { files: content, ...start }: Recipe) => {
    const layer = content === undefined ? [] : [await layerOf(await content())];
    nameImage(name, debian, [tools, ...layer], start);
  };
  await make(toolsImage, { entrypoint: ['/usr/local/bin/standin'] });
  await make(
    reloader,
    single('prometheus-config-reloader', () => goProgram('prometheus-config-reloader-0.71.2')),
  );
  await make(
    kubeStateMetricsImage,
    single('kube-state-metrics', () => goProgram('kube-state-metrics-2.10.1')),
  );
  for (const [name, image] of Object.entries(operatorImages)) {
    await make(
      image,
      single(name, () => sharedProgram(`operators/${name}`)),
    );
  }
  await run('npm', ['run', '--silent', 'stand-ins'], { maxBuffer: 2 ** 26 });
  const jars = await serviceLayer(manifests);
  for (const { image, container } of imagesIn(manifests)) {
    const repository = image.slice(0, image.lastIndexOf(':'));
    const recipe = recipes[repository];
    if (recipe === undefined) nameImage(image, debian, [tools, jars], serviceStart(container));
    else await make(image, recipe);
  }
}

/** Makes an image by the shared tool, unless it is there. The tool's exit code is 1 even then, and it leaves its work behind. */
async function makeByTool(name: string, ...args: readonly string[]): Promise<void> {
  if (hasImage(name)) return;
  const said = await run(imageTool, [name, ...args], { maxBuffer: 2 ** 26 }).catch((error: unknown) => error);
  removeWork();
  if (!hasImage(name)) throw new Error(`the image ${name} could not be made`, { cause: said });
}

const containers = z.array(z.object({ name: z.string(), image: z.string() }));

/** Each image of the manifests, and the container that runs it. */
function imagesIn(folder: string): { image: string; container: string }[] {
  const found = new Map<string, string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, child] of Object.entries(value)) {
      if (key === 'containers') {
        const read = containers.safeParse(child);
        read.data?.forEach(({ name, image }) => found.set(image, name));
      } else if (key === 'image' && typeof child === 'string' && !found.has(child)) found.set(child, '');
      visit(child);
    }
  };
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => parseAllDocuments(readFileSync(join(folder, name), 'utf8')))
    .forEach((document) => {
      visit(document.toJS());
    });
  return [...found].map(([image, container]) => ({ image, container }));
}

/** The stand-ins' programs; which of them plays a service. */
const jarOf = (container: string) => ({ gateway: 'gateway', 'ml-service': 'inference' })[container] ?? 'service';

function serviceStart(container: string): Start {
  return { entrypoint: ['java', '-jar', `/app/${jarOf(container)}.jar`], workdir: `/app/${container}` };
}

/** One layer for all services: the jars, and for each service the folder with its name. */
async function serviceLayer(manifests: string): Promise<Layer> {
  const services = imagesIn(manifests).filter(
    ({ image }) => recipes[image.slice(0, image.lastIndexOf(':'))] === undefined,
  );
  return layerOf(
    Object.fromEntries(
      services.flatMap(({ container }): [string, string | Buffer][] => {
        const jar = jarOf(container);
        return [
          [`/app/${jar}.jar`, resolve(`stand-ins/${jar}/target/${jar}.jar`)],
          [`/app/${container}/application.properties`, Buffer.from(`spring.application.name=${container}\n`)],
        ];
      }),
    ),
  );
}

/** A folder with the jars of Kafka. */
async function kafkaJars(): Promise<string> {
  const pom = files('kafka-pom.xml');
  const hash = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  const folder = join(cache, `kafka-${hash}`);
  if (!existsSync(folder)) {
    const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
    await run('mvn', ['--quiet', '--batch-mode', '--file', pom, ...copy], { maxBuffer: 2 ** 26 });
  }
  return folder;
}

/** A trust store of Java with one certificate. */
async function trustStore(certificate: string): Promise<string> {
  const path = join(cache, 'cacerts');
  if (!existsSync(path)) {
    // Java reads its own store without the password, which it cannot with PKCS #12.
    const store = ['-keystore', path, '-storetype', 'JKS', '-storepass', 'changeit', '-alias', 'tests'];
    await run('keytool', ['-importcert', '-noprompt', ...store, '-file', certificate]);
  }
  return path;
}
