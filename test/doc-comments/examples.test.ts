import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { given } from './given';

const repository = join(__dirname, '../..');
const generated = join(repository, '.tsbuild/doc-comments/examples.ts');

const read = (path: string) => readFileSync(join(repository, path), 'utf8');
const filesIn = (folder: string, extension: string) =>
  readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .map((name) => `${folder}/${name}`)
    .sort();

const sources = ['src/constructs', 'src/core'].flatMap((folder) => filesIn(folder, '.ts'));
const pages = ['README.md', ...filesIn('docs', '.md')];

/** Code that is shown without what it needs around it, by where that is. Whole programs are files of examples/. */
const examples = new Map([...sources.flatMap(examplesOfComments), ...pages.flatMap(fragmentsOfPage)]);

let programs: Readonly<Record<string, () => unknown>> = {};

beforeAll(async () => {
  mkdirSync(dirname(generated), { recursive: true });
  writeFileSync(generated, moduleOf(examples));
  const module = z.object({ examples: z.record(z.string(), z.custom<() => unknown>()) });
  programs = module.parse(await import(generated)).examples;
});

test('the examples of doc comments compile', () => {
  const program = ts.createProgram([generated], options(), hostWithoutImports());
  const source = program.getSourceFile(generated);
  const mistakes = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  expect(mistakes.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
});

test.each([...examples.keys()])('the example of %s passes validation', (where) => {
  expect(programs[where]).not.toThrow();
});

function examplesOfComments(path: string): [string, string][] {
  const found: [string, string][] = [];
  const visit = (node: ts.Node): void => {
    for (const { tagName, comment } of ts.getJSDocTags(node)) {
      if (tagName.text === 'example') found.push([nameOf(node), ts.getTextOfJSDocComment(comment) ?? '']);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true));
  return found;
}

function nameOf(node: ts.Node): string {
  const name = 'name' in node ? z.custom<ts.Node>().parse(node.name).getText() : '';
  return ts.isClassElement(node) ? `${nameOf(node.parent)}.${name}` : name;
}

function fragmentsOfPage(path: string): [string, string][] {
  const blocks = [...read(path).matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = '']) => code);
  const fragments = blocks.filter((code) => !code.includes("from 'autonomous-op-cdk8s'"));
  return fragments.map((code, index) => [`${path}, fragment ${index + 1}`, code.replace(/^export /gm, '')]);
}

/** A module that runs each example with all that the library exports, and with what is given. */
function moduleOf(codes: ReadonlyMap<string, string>): string {
  const library = read('src/index.ts')
    .replace(/^export /gm, 'import ')
    .replaceAll("from './", "from '../../src/");
  return [
    library,
    "import { Duration, JsonPatch, Size } from 'cdk8s';",
    "import { Cpu } from 'cdk8s-plus-27';",
    "import { given } from '../../test/doc-comments/given';",
    'export const examples = {',
    ...[...codes].map(
      ([where, code]) => `${JSON.stringify(where)}: () => {
        const { ${Object.keys(given()).join(', ')} } = given();
        {\n${code}\n}
        return app.synthYaml();
      },`,
    ),
    '};\n',
  ].join('\n');
}

/** Those of the project, for Node alone: the types of the browser take as long as everything else. */
function options(): ts.CompilerOptions {
  const file = z.object({ config: z.object({ compilerOptions: z.record(z.string(), z.unknown()) }) });
  const read = ts.readConfigFile(join(repository, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { compilerOptions } = file.parse(read).config;
  const changed = { ...compilerOptions, incremental: false, noUnusedLocals: false, lib: ['ES2022'] };
  return ts.convertCompilerOptionsFromJson(changed, repository).options;
}

/** The public API names no type of imports/, and reading them takes as long as everything else. */
function hostWithoutImports(): ts.CompilerHost {
  const host = ts.createCompilerHost(options());
  const imports = join(repository, 'imports/');
  return {
    ...host,
    getSourceFile: (path, target) =>
      path.startsWith(imports) ? ts.createSourceFile(path, '', target) : host.getSourceFile(path, target),
  };
}
