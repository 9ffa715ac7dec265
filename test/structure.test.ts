import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { blocksOf } from './docs/pages';

// Where things are: a reader finds any thing in one guess. The layers between folders are in .dependency-cruiser.cjs.

const REPOSITORY = join(__dirname, '..');
const isThere = (path: string) => existsSync(join(REPOSITORY, path));
const linesOf = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8').split('\n').length - 1;
const filesIn = (folder: string) =>
  readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`)
    .sort();

const sources = filesIn('src');

describe('the library', () => {
  test('has a folder a capability, and beside them the names of all metrics', () => {
    expect(readdirSync(join(REPOSITORY, 'src/constructs')).sort()).toEqual([
      'elasticsearch',
      'kafka',
      'network',
      'observability',
      'postgres',
      'redis',
      'scaling',
      'service',
      'standalone',
      'vocabulary.ts',
      'workload',
    ]);
  });

  /** What is tested or explained with others, by the name of its file. */
  const missing: Readonly<Record<string, readonly string[]>> = {
    'alert-rules': ['docs/constructs/observability/alert-rules.md', 'examples/constructs/alert-rules.ts'],
    'elasticsearch-exporter': [
      'test/constructs/elasticsearch/elasticsearch-exporter.test.ts',
      'docs/constructs/elasticsearch/elasticsearch-exporter.md',
      'examples/constructs/elasticsearch-exporter.ts',
    ],
    'existing-prometheus': ['test/constructs/observability/existing-prometheus.test.ts'],
    'jaeger-tracing': ['docs/constructs/observability/jaeger-tracing.md', 'examples/constructs/jaeger-tracing.ts'],
  };

  /** The files that are named after a construct: kafka-cluster.ts has KafkaCluster. */
  const constructs = sources.filter((path) => {
    const name = basename(path, '.ts').replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
    const source = readFileSync(join(REPOSITORY, path), 'utf8');
    return path.startsWith('src/constructs/') && new RegExp(`^export class ${name} extends `, 'm').test(source);
  });

  test.each(constructs)('%s has a test, and a page with an example, of the same name', (path) => {
    const [name, capability] = [basename(path, '.ts'), basename(dirname(path))];
    const companions = [
      `test/constructs/${capability}/${name}.test.ts`,
      `docs/constructs/${capability}/${name}.md`,
      `examples/constructs/${name}.ts`,
    ];
    expect(companions.filter((companion) => !isThere(companion))).toEqual(missing[name] ?? []);
  });
});

describe('a test', () => {
  /** Tests of more than a file or folder of src, or of what is not there. */
  const ofMore = [
    'test/autonomous-op/connectivity.test.ts',
    'test/autonomous-op/deviations.test.ts',
    'test/autonomous-op/document.test.ts',
    'test/autonomous-op/settings.test.ts',
    'test/cli/other-projects.test.ts',
    'test/cluster/examine.test.ts',
    'test/constructs/network/urls.test.ts',
    'test/constructs/observability/dashboard-queries.test.ts',
    'test/constructs/observability/dashboards.test.ts',
    'test/constructs/observability/library-alerts.test.ts',
    'test/constructs/observability/log-lines.test.ts',
    'test/constructs/observability/scraping.test.ts',
    'test/diff/connections.test.ts',
    'test/pull-requests.test.ts',
    'test/snapshots.test.ts',
    'test/structure.test.ts',
    'test/synth/main.test.ts',
    'test/synth/run-source.test.ts',
  ];
  const elsewhere = /^test\/(e2e|docs|doc-comments)\//;
  const tests = filesIn('test').filter((path) => path.endsWith('.test.ts') && !elsewhere.test(path));

  test('stands where what it tests stands in src', () => {
    const strays = tests.filter((path) => {
      const tested = path.replace(/^test/, 'src').replace(/\.test\.ts$/, '');
      return ![`${tested}.ts`, tested, `${dirname(tested)}.ts`].some(isThere);
    });
    expect(strays).toEqual(ofMore);
  });
});

test('a file of src has 400 lines at most, but for the operators with most to say', () => {
  const long = sources.filter((path) => linesOf(path) > 400);
  expect(long).toEqual([
    'src/constructs/kafka/kafka-cluster.ts',
    'src/constructs/kafka/kafka-s3-sink.ts',
    'src/constructs/postgres/postgres-cluster.ts',
  ]);
});

test('README shows every folder of src', () => {
  const [tree = ''] = blocksOf('README.md', 'text');
  const shown = [...tree.matchAll(/src\/([\w-]+)\//g)].map(([, folder]) => folder);
  const folders = readdirSync(join(REPOSITORY, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect([...new Set(shown)].sort()).toEqual(folders.map(({ name }) => name).sort());
});
