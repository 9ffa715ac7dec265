import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/core/errors';
import { Fallback, readSecrets, SecretSource, variableOf } from '../../src/synth/secret-source';
import { SecretKey, secretKey } from '../../src/core/secrets';
import { temporaryFolder } from '../temporary-folder';

const username = secretKey('database', 'db.username');
const password = secretKey('database', 'db.password');
const wanted = new Map<SecretKey, Fallback>([
  [username, { value: 'admin' }],
  [password, 'random'],
]);

const inFolder = temporaryFolder();

/** Reads the secrets; the values as they were found, and everything that was said. */
function read(source: Partial<SecretSource> = {}, keys: ReadonlyMap<SecretKey, Fallback> = wanted) {
  const said: string[] = [];
  const found = readSecrets(keys, {
    environment: {},
    file: inFolder('secrets.env'),
    strict: false,
    report: (message) => said.push(message),
    ...source,
  });
  return { values: [...keys.keys()].map((key) => found.get(key)?.reveal() ?? ''), said };
}

function write(lines: string): void {
  writeFileSync(inFolder('secrets.env'), lines);
}

function fileText(): string {
  return readFileSync(inFolder('secrets.env'), 'utf8');
}

describe('the variable of a secret', () => {
  it('is its key in capitals', () => {
    expect(variableOf(secretKey('s', 'spring.datasource-password'))).toBe('AOP_SECRET_SPRING_DATASOURCE_PASSWORD');
  });
});

describe('secrets', () => {
  it('come from the environment before the file', () => {
    write('AOP_SECRET_DB_USERNAME=from-file\nAOP_SECRET_DB_PASSWORD=from-file\n');
    expect(read({ environment: { AOP_SECRET_DB_PASSWORD: 'from-environment' } }).values).toEqual([
      'from-file',
      'from-environment',
    ]);
  });

  it('come from the file before the fallback', () => {
    write('AOP_SECRET_DB_USERNAME=from-file\nAOP_SECRET_DB_PASSWORD="with a space"\n');
    expect(read()).toEqual({ values: ['from-file', 'with a space'], said: [] });
  });

  it('that are known anyway are not kept', () => {
    expect(read({}, new Map([[username, { value: 'admin' }]]))).toEqual({ values: ['admin'], said: [] });
    expect(existsSync(inFolder('secrets.env'))).toBe(false);
  });

  it('that are made up are kept in a file for the owner only, and said by name only', () => {
    const { values, said } = read();
    expect(values).toEqual(['admin', expect.stringMatching(/^[A-Za-z0-9]{32}$/)]);
    expect(fileText()).toBe(`AOP_SECRET_DB_PASSWORD=${values[1] ?? ''}\n`);
    expect(statSync(inFolder('secrets.env')).mode & 0o777).toBe(0o600);
    expect(said).toEqual([
      `generated AOP_SECRET_DB_PASSWORD: kept in ${inFolder('secrets.env')}, which is not committed`,
    ]);
  });

  it('that were made up once are the same the next time, and nothing is said', () => {
    const first = read();
    expect(read()).toEqual({ values: first.values, said: [] });
  });

  it('that are made up are different for each key', () => {
    const { values } = read(
      {},
      new Map([
        [password, 'random'],
        [secretKey('cache', 'cache.password'), 'random'],
      ]),
    );
    expect(new Set(values).size).toBe(2);
  });

  it('in two Secrets under one variable are one value, now and the next time', () => {
    const shared = new Map<SecretKey, Fallback>([
      [secretKey('orders', 'password'), 'random'],
      [secretKey('fms', 'password'), 'random'],
    ]);
    const { values } = read({}, shared);
    expect(values[0]).toBe(values[1]);
    expect(read({}, shared).values).toEqual(values);
  });

  it('are added to what the file holds already, and close it to others', () => {
    write('AOP_SECRET_DB_USERNAME=mine\n');
    chmodSync(inFolder('secrets.env'), 0o644);
    const { values } = read();
    expect(fileText()).toBe(`AOP_SECRET_DB_USERNAME=mine\nAOP_SECRET_DB_PASSWORD=${values[1] ?? ''}\n`);
    expect(statSync(inFolder('secrets.env')).mode & 0o777).toBe(0o600);
  });

  it('are added on a line of their own, even where the last line of the file has no end', () => {
    write('AOP_SECRET_DB_USERNAME=mine');
    const { values } = read();
    expect(values[0]).toBe('mine');
    expect(read()).toEqual({ values, said: [] });
  });

  it('that another synth has just made up are taken, not made up again', () => {
    const environment = {
      get AOP_SECRET_DB_PASSWORD() {
        // Read after the file was, and before it is written.
        if (!existsSync(inFolder('secrets.env'))) write('AOP_SECRET_DB_PASSWORD=by-another\n');
        return undefined;
      },
    };
    expect(read({ environment })).toEqual({ values: ['admin', 'by-another'], said: [] });
  });

  it('that are set to nothing are not set', () => {
    write('AOP_SECRET_DB_PASSWORD=kept\n');
    const { values, said } = read({ environment: { AOP_SECRET_DB_PASSWORD: '', AOP_SECRET_DB_USERNAME: '' } });
    expect(values).toEqual(['admin', 'kept']);
    expect(said).toEqual([]);
  });

  it('that would have to be made up are all listed in strict mode, and none is made up', () => {
    expect(() => read({ strict: true })).toThrow(
      new InvalidInputError(
        'secrets',
        `1 of 2 are set neither in the environment nor in ${inFolder('secrets.env')}: AOP_SECRET_DB_PASSWORD`,
        'Set them, or leave strict mode to have them generated',
      ),
    );
    expect(existsSync(inFolder('secrets.env'))).toBe(false);
  });

  it('that are set are not in the error of strict mode, neither name nor value', () => {
    const environment = { AOP_SECRET_DB_USERNAME: 'hunter2' };
    expect(() => read({ strict: true, environment })).toThrow(
      new InvalidInputError(
        'secrets',
        `1 of 2 are set neither in the environment nor in ${inFolder('secrets.env')}: AOP_SECRET_DB_PASSWORD`,
        'Set them, or leave strict mode to have them generated',
      ),
    );
  });

  it('that are all set satisfy strict mode', () => {
    const environment = { AOP_SECRET_DB_USERNAME: 'a', AOP_SECRET_DB_PASSWORD: 'b' };
    expect(read({ strict: true, environment }).values).toEqual(['a', 'b']);
  });
});
