// Writes imports/: the typed CRDs of the kinds in use.
//   npm run import              from the URLs in cdk8s.yaml
//   npm run import -- FOLDER    from the *.yaml files of a folder, offline
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments, stringify } from 'yaml';

const KINDS_IN_USE = {
  'elasticsearch.k8s.elastic.co': ['Elasticsearch'],
  'external-secrets.io': ['ExternalSecret'],
  'jaegertracing.io': ['Jaeger'],
  'kafka.strimzi.io': ['Kafka', 'KafkaConnect', 'KafkaConnector', 'KafkaTopic', 'KafkaUser'],
  'keda.sh': ['ScaledObject', 'TriggerAuthentication'],
  'monitoring.coreos.com': ['Alertmanager', 'PodMonitor', 'Prometheus', 'PrometheusRule', 'ServiceMonitor'],
  'postgresql.cnpg.io': ['Cluster', 'Pooler', 'ScheduledBackup'],
  'redis.redis.opstreelabs.in': ['RedisCluster'],
};

const project = fileURLToPath(new URL('..', import.meta.url));
const cdk8s = join(project, 'node_modules', '.bin', 'cdk8s');

function readFolder(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return files.map((name) => readFileSync(join(folder, name), 'utf8'));
}

async function download(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return response.text();
}

function downloadAll() {
  const { imports } = parse(readFileSync(join(project, 'cdk8s.yaml'), 'utf8'));
  return Promise.all(imports.map(download));
}

function crdsIn(text) {
  const documents = parseAllDocuments(text).map((document) => document.toJS());
  return documents.filter((document) => document?.kind === 'CustomResourceDefinition');
}

function findCrd(crds, group, kind) {
  const crd = crds.find(({ spec }) => spec.group === group && spec.names.kind === kind);
  if (!crd) throw new Error(`no CustomResourceDefinition for ${kind} of ${group}: add it to the folder or the URLs`);
  const versions = crd.spec.versions.filter((version) => version.storage);
  return { ...crd, spec: { ...crd.spec, versions } };
}

const folder = process.argv[2];
const crds = (folder ? readFolder(folder) : await downloadAll()).flatMap(crdsIn);
const groups = Object.entries(KINDS_IN_USE).map(([group, kinds]) => [
  group,
  kinds.map((kind) => findCrd(crds, group, kind)),
]);

const temporary = mkdtempSync(join(tmpdir(), 'crds-'));
try {
  rmSync(join(project, 'imports'), { recursive: true, force: true });
  for (const [group, groupCrds] of groups) {
    const file = join(temporary, `${group}.yaml`);
    writeFileSync(file, groupCrds.map((crd) => stringify(crd)).join('---\n'));
    execFileSync(cdk8s, ['import', file, '-l', 'typescript', '-o', 'imports', '--no-save'], {
      cwd: project,
      stdio: 'inherit',
    });
  }
} finally {
  rmSync(temporary, { recursive: true });
}
