import { basename, join } from 'node:path';
import { ApiObject, App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { blocksOf, codeIn, filesIn, pagesWith, plain, read, REPOSITORY, tableOf, tablesOf } from './pages';

// A construct has a page of the name of its file, and an example of that name: docs/constructs/kafka/kafka-cluster.md,
// examples/constructs/kafka-cluster.ts.

const constructPages = filesIn('docs/constructs', '.md');
const examples = filesIn('examples/constructs', '.ts');

describe('the examples', () => {
  test.each(examples)('%s passes validation', async (path) => {
    expect((await synthesize(path)).yaml).toContain('kind: Deployment');
  });

  test('the escape hatch reaches the manifest', async () => {
    const { yaml } = await synthesize('examples/constructs/escape-hatch.ts');
    expect(yaml).toMatch(/maxSurge: 25%[^]*priorityClassName: batch/);
  });

  const programs = (page: string) => blocksOf(page, 'ts').filter((code) => code.includes("from 'autonomous-op-cdk8s'"));
  const sources = filesIn('examples', '.ts').map(read);

  test.each(pagesWith(programs))('are what %s shows', (_, shown) => {
    expect(shown.filter((code) => !sources.includes(code))).toEqual([]);
  });
});

describe.each(constructPages)('%s', (page) => {
  const name = basename(page, '.md');
  const types = async () => {
    const exported = await exportsOf(page.replace(/^docs/, 'src').replace(/md$/, 'ts'));
    return exported.filter(isConstructType);
  };

  test('shows its example', () => {
    expect(blocksOf(page, 'ts')).toContain(read(`examples/constructs/${name}.ts`));
  });

  test('has a table of the props of one of its constructs at least', async () => {
    const owners = tablesOf(page).flatMap(({ heading, header }) => (header[0] === 'Prop' ? codeIn(heading) : []));
    const expected = (await types()).map((type) => `${type.name}Props`);
    expect(expected.filter((props) => owners.includes(props))).not.toEqual([]);
  });

  test('lists the objects that its constructs make in the example', async () => {
    const [{ app }, made] = [await synthesize(`examples/constructs/${name}.ts`), await types()];
    const constructs = app.node.findAll().filter((construct) => made.some((type) => construct instanceof type));
    // A set: one of them may contain another.
    const objects = [...new Set(constructs.flatMap((construct) => construct.node.findAll()))]
      .filter(ApiObject.isApiObject)
      .map((object) => `${object.kind} ${object.name}`);
    const listed = tableOf(page, 'Kind').flatMap(([kind = '', pattern = '', example = '']) =>
      codeIn(example).map((objectName) => {
        const regexp = new RegExp(`^${codeIn(pattern).join('').replace(/<\w+>/g, '.+')}$`);
        expect(objectName).toMatch(regexp);
        return `${kind} ${objectName}`;
      }),
    );
    expect(listed.sort()).toEqual(objects.sort());
  });
});

describe('the tables of', () => {
  const tables = (page: string) =>
    tablesOf(page).filter(({ header: [kind = ''] }) => ['Prop', 'Method'].includes(kind));

  test.each(pagesWith(tables))('%s name every prop and method, with its type and default', (_, found) => {
    for (const { heading, header, rows } of found) {
      const owner = codeIn(heading)[0] ?? '';
      const [listed, declared] =
        header[0] === 'Prop'
          ? [rows.map((row) => row.slice(0, 3).map(plain)), propsOf(owner)]
          : [rows.map(([method = '']) => plain(method)), methodsOf(owner)];
      expect({ owner, listed }).toEqual({ owner, listed: declared });
    }
  });
});

async function exportsOf(path: string): Promise<unknown[]> {
  return Object.values(z.looseObject({}).parse(await import(/* @vite-ignore */ join(REPOSITORY, path))));
}

/** Runs the function that a file of examples/constructs/ exports. */
async function synthesize(path: string): Promise<{ app: App; yaml: string }> {
  const [example] = (await exportsOf(path)).filter(isExample);
  const app = new App();
  example?.(app);
  return { app, yaml: app.synthYaml() };
}

function isExample(value: unknown): value is (app: App) => Chart {
  return typeof value === 'function';
}

function isConstructType(value: unknown): value is new (...args: never[]) => Construct {
  return typeof value === 'function' && value.prototype instanceof Construct;
}

const declarations = filesIn('src/constructs', '.ts').flatMap((path) => {
  const source = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true);
  return [...source.statements];
});

/** Name, type and default of each prop of an interface. */
function propsOf(name: string): string[][] {
  const found = declarations.filter(ts.isInterfaceDeclaration).find((declaration) => declaration.name.text === name);
  const members = found === undefined ? [] : [...found.members];
  return members
    .filter(ts.isPropertySignature)
    .map((member) => [
      member.name.getText(),
      member.type?.getText() ?? '',
      member.questionToken === undefined ? 'required' : defaultOf(member),
    ]);
}

function defaultOf(member: ts.Node): string {
  const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'default');
  const text = ts.getTextOfJSDocComment(tag?.comment) ?? '';
  return plain(text.replace(/^- /, '').replace(/\{@link ([^}]+)\}/g, '$1'));
}

/** The public methods of a class, with their parameters. */
function methodsOf(name: string): string[] {
  const found = declarations.filter(ts.isClassDeclaration).find((declaration) => declaration.name?.text === name);
  const members = found === undefined ? [] : [...found.members];
  const hidden = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword];
  return members
    .filter(ts.isMethodDeclaration)
    .filter(({ modifiers }) => !(modifiers ?? []).some(({ kind }) => hidden.includes(kind)))
    .map(({ name, parameters }) => ({ name: name.getText(), parameters: parameters.map(parameterName) }))
    .filter(({ name }) => !name.startsWith('_'))
    .map(({ name, parameters }) => `${name}(${parameters.join(', ')})`);
}

/** A parameter that is taken apart at once is one of props. */
function parameterName({ name }: ts.ParameterDeclaration): string {
  return ts.isObjectBindingPattern(name) ? 'props' : name.getText();
}
