import { describe, expect, test } from 'vitest';
import { documentConnections } from '../../src/autonomous-op/topology';
import { production } from '../autonomous-op/production';
import { blocksOf, plain, read, tableOf } from './pages';

describe('the README', () => {
  test('begins with the two commands', () => {
    expect(blocksOf('README.md', 'sh').slice(0, 2)).toEqual(['npm ci && npx cdk8s synth\n', 'npm ci && npm test\n']);
  });

  test('draws the arrows of the topology, and that of KEDA', () => {
    const [drawing = ''] = blocksOf('README.md', 'mermaid');
    const boxes = (text = '') => text.split(' & ').map((box) => /\w+/.exec(box)?.[0] ?? '');
    const drawn = drawing
      .split('\n')
      .map((line) => line.split(' --> '))
      .filter(({ length }) => length === 2)
      .flatMap(([from, to]) => boxes(from).flatMap((source) => boxes(to).map((target) => `${source} ${target}`)));
    const names: Readonly<Record<string, string>> = { mlService: 'ML', postgres: 'PostgreSQL' };
    const written = documentConnections.map((connection) => connection.map((box) => names[box] ?? box).join(' '));
    const lower = (pairs: readonly string[]) => pairs.map((pair) => pair.toLowerCase()).sort();
    expect(lower(drawn)).toEqual(lower([...written, 'KEDA HPA']));
  });

  test('lists the files of dist/', () => {
    const listing = blocksOf('README.md', 'console').find((block) => block.includes('Synthesizing')) ?? '';
    const listed = [...listing.matchAll(/- \.last-synth\/(\S+)/g)].map(([, file = '']) => file);
    expect(listed).toEqual(production.files.map(({ name }) => name).sort());
    expect(
      tableOf('README.md', 'File')
        .map(([file = '']) => `${plain(file)}.k8s.yaml`)
        .sort(),
    ).toEqual(listed);
  });

  test('changes lines that are there', () => {
    const files = blocksOf('README.md', 'diff').flatMap((diff) => diff.split('--- a/').slice(1));
    expect(files).not.toEqual([]);
    for (const file of files) {
      const [path = '', ...lines] = file.split('\n');
      const removed = lines.filter((line) => /^-[^-]/.test(line)).map((line) => line.slice(1));
      expect(read(path).split('\n')).toEqual(expect.arrayContaining(removed));
    }
  });
});
