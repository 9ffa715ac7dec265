import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { effectKinds } from '../src/diff/effect';
import { MARKER } from '../src/diff/markdown';
import { settingsOf, SettingsOverrides } from '../src/autonomous-op/environments';
import { renderDocument } from './autonomous-op/document-services';
import { run } from './cli/run';
import { temporaryFolder } from './temporary-folder';

const REPOSITORY = join(__dirname, '..');
const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');

describe('docs/pull-requests.md', () => {
  const page = read('docs/pull-requests.md');
  const inFolder = temporaryFolder();
  const elsewhere = process.cwd();
  afterEach(() => {
    process.chdir(elsewhere);
  });

  it('shows what the command says', async () => {
    const write = (folder: string, production: SettingsOverrides) => {
      mkdirSync(inFolder(folder));
      renderDocument(settingsOf('production', { production }))
        .filter(({ secret }) => !secret)
        .forEach(({ name, yaml }) => {
          writeFileSync(inFolder(folder, name), yaml);
        });
    };
    write('main', {});
    write('dist', {
      services: {
        autonomousOp: { image: 'nodeorb/autonomous-op:1.1.0' },
        mlService: { replicas: { min: 2, max: 7 } },
      },
      keycloak: { cidrs: ['203.0.113.0/24'] },
    });
    process.chdir(inFolder());
    const { code, out } = await run('diff', 'main');
    expect(code).toBe(1);
    expect(page).toContain(`\`\`\`console\n$ npm run -s diff -- main\n${out}\`\`\`\n`);
  });

  it('explains every effect, in their order', () => {
    const explained = [...page.matchAll(/^\| `([a-z ]+)` +\| [^|]{20,}\|$/gm)].map(([, kind]) => kind);
    expect(explained).toEqual(effectKinds);
  });
});

const workflow = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.object({
      permissions: z.record(z.string(), z.string()).optional(),
      steps: z.array(z.object({ uses: z.string().optional(), run: z.string().optional() })),
    }),
  ),
});

describe('the workflows', () => {
  const workflows = ['ci', 'manifests'].map((name) => workflow.parse(parse(read(`.github/workflows/${name}.yml`))));
  const jobs = workflows.flatMap(({ permissions, jobs: its }) =>
    Object.values(its).map((job) => ({ ...job, permissions: job.permissions ?? permissions })),
  );

  it('use actions of one version', () => {
    const actions = jobs.flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []));
    expect(actions.filter((action) => !/^actions\/[\w-]+@v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
  });

  it('have a token that may write only where nothing of a repository is run', () => {
    const writing = jobs.filter(({ permissions }) => Object.values(permissions).includes('write'));
    expect(writing).toHaveLength(1);
    expect(writing.flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []))).toEqual([
      expect.stringMatching(/^actions\/download-artifact@/),
    ]);
    expect(writing.flatMap(({ steps }) => steps.flatMap((step) => step.run ?? [])).join('\n')).not.toMatch(
      /\b(git|npm|npx|node|bash)\b/,
    );
  });

  it('find the comment by the mark that the command writes', () => {
    expect(read('.github/workflows/manifests.yml').split(MARKER)).toHaveLength(3);
  });

  it('install the definitions of the releases that the program is typed with', () => {
    const { imports } = z.object({ imports: z.array(z.string()) }).parse(parse(read('cdk8s.yaml')));
    const installed = read('.github/cluster/prepare.sh')
      .split('\n')
      .map((line) => line.trim());
    expect(imports.filter((url) => !installed.includes(url))).toEqual([]);
  });
});
