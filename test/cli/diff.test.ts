import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aop } from '../../src/cli/aop';
import { temporaryFolder } from '../temporary-folder';
import { run } from './run';

const inFolder = temporaryFolder();

const configMap = (value: string) =>
  `{ apiVersion: v1, kind: ConfigMap, metadata: { name: settings, namespace: shop }, data: { colour: ${value} } }\n`;

function write(path: string, text: string): void {
  mkdirSync(join(inFolder(path), '..'), { recursive: true });
  writeFileSync(inFolder(path), text);
}

describe('aop diff', () => {
  it('compares two folders', async () => {
    write('a/settings.yaml', configMap('red'));
    write('b/settings.yaml', configMap('blue'));
    expect(await run('diff', inFolder('a'), '--head', inFolder('b'))).toEqual({
      code: 1,
      out: changed(inFolder('a'), inFolder('b')),
      err: '',
    });
    expect(await run('diff', inFolder('a'), '--head', inFolder('a'))).toEqual({
      code: 0,
      out: `${inFolder('a')} → ${inFolder('a')}: nothing changed
`,
      err: '',
    });
  });

  it('gives the same as JSON and as Markdown', async () => {
    write('a/settings.json', configMap('red'));
    write('b/settings.yml', configMap('blue'));
    const json = await run('diff', inFolder('a'), '--head', inFolder('b'), '-o', 'json');
    expect(JSON.parse(json.out)).toMatchObject({
      base: inFolder('a'),
      head: inFolder('b'),
      objects: [
        {
          label: 'ConfigMap settings',
          change: 'changed',
          fields: [{ path: 'data.colour', before: 'red', after: 'blue' }],
        },
      ],
      effects: [],
    });
    const markdown = await run('diff', inFolder('a'), '--head', inFolder('b'), '-o', 'markdown');
    expect(markdown.out).toMatch(/^<!-- aop diff -->\n[^]*- red\n\+ blue\n/);
  });

  it('has no word of a folder that a terminal would obey', async () => {
    write('a/settings.yaml', configMap('red'));
    write('b/settings.yaml', configMap('"\\e[2Jblue"'));
    expect((await run('diff', inFolder('a'), '--head', inFolder('b'))).out).toContain('+ \\u001b[2Jblue\n');
  });

  it('is coloured on a terminal', async () => {
    write('a/settings.yaml', configMap('red'));
    write('b/settings.yaml', configMap('blue'));
    let out = '';
    await aop(['diff', inFolder('a'), '--head', inFolder('b')], {
      out: (text) => (out += text),
      err: () => undefined,
      colour: true,
      interactive: true,
      exitCode: 0,
    });
    expect(out).toContain('\u001b[31m- red\u001b[39m\n    \u001b[32m+ blue\u001b[39m');
  });

  it.each([
    [['diff', 'no-such-branch'], 'BASE: "no-such-branch" is neither a folder nor a git revision'],
    [['diff', '--', '--upload-pack=x'], 'BASE: "--upload-pack=x" is neither a folder nor a git revision'],
    [['diff', 'src', '--head', 'no-such-branch'], '--head: "no-such-branch" is neither'],
    [['diff', 'src', '--manifests', 'no-such-folder'], '--manifests: "no-such-folder" is not a folder'],
    [['diff', 'src', '--head', 'test'], '--manifests: neither side has manifests in "dist"'],
    [['diff', 'dist', '-o', 'xml'], "argument 'xml' is invalid. Allowed choices are text, markdown, json."],
    [['diff'], "missing required argument 'base'"],
  ])('refuses %j', async (args, message) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });
});

describe('aop diff in a clone', () => {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      cwd: inFolder(),
      stdio: 'pipe',
    });
  const commit = () => {
    git('add', '--all');
    git('commit', '--quiet', '--message=a');
  };
  const elsewhere = process.cwd();
  afterEach(() => {
    process.chdir(elsewhere);
  });
  beforeEach(() => {
    process.chdir(inFolder());
    git('init', '--quiet', '--initial-branch=main');
    write('.gitignore', 'dist/*-secrets.k8s.yaml\n');
    write('dist/00-settings.k8s.yaml', configMap('red'));
    write('dist/notes.txt', 'no manifest');
    commit();
  });

  it('compares a revision with the files as they are, or with another revision', async () => {
    expect(await run('diff', 'main')).toEqual({ code: 0, out: 'main → dist: nothing changed\n', err: '' });
    write('dist/00-settings.k8s.yaml', configMap('blue'));
    expect(await run('diff', 'main')).toMatchObject({ code: 1, out: changed('main', 'dist') });
    commit();
    expect(await run('diff', 'HEAD~1', '--head', 'main')).toMatchObject({ code: 1, out: changed('HEAD~1', 'main') });
  });

  it('leaves out secrets that only one side has', async () => {
    write(
      'dist/01-secrets.k8s.yaml',
      '{ apiVersion: v1, kind: Secret, metadata: { name: passwords }, stringData: { a: b } }',
    );
    expect(await run('diff', 'main')).toMatchObject({
      code: 0,
      out: 'main → dist: nothing changed\n\n01-secrets.k8s.yaml is not compared: only one side has it, as git ignores it.\n',
    });
  });

  it('reads what is in another folder', async () => {
    write('dist-staging/00-settings.k8s.yaml', configMap('red'));
    commit();
    write('dist-staging/00-settings.k8s.yaml', configMap('blue'));
    expect(await run('diff', 'main', '--manifests', 'dist-staging')).toMatchObject({
      code: 1,
      out: changed('main', 'dist-staging'),
    });
  });
});

function changed(base: string, head: string): string {
  return `${base} → ${head}: 1 changed\n\nConfigMap settings changed\n  data.colour\n    - red\n    + blue\n`;
}
