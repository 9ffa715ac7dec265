// A copy of the program in a folder of its own, in which tests run the real commands and break what they like.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

export const REPOSITORY = join(__dirname, '../..');

/** A process that has ended. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Variables = Readonly<Record<string, string>>;

export class Project {
  readonly folder: string;

  /** @param parent where its folder is made, by default among temporary files */
  constructor(parent = tmpdir()) {
    this.folder = mkdtempSync(join(parent, 'autonomous-op-'));
    for (const name of ['src', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.imports.json', 'cdk8s.yaml']) {
      cpSync(join(REPOSITORY, name), this.path(name), { recursive: true });
    }
    symlinkSync(join(REPOSITORY, 'imports'), this.path('imports'));
    // A folder of its own with links in it: the program keeps its cache there.
    mkdirSync(this.path('node_modules'));
    for (const name of readdirSync(join(REPOSITORY, 'node_modules')).filter((name) => name !== '.cache')) {
      symlinkSync(join(REPOSITORY, 'node_modules', name), this.path('node_modules', name));
    }
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** `npx cdk8s synth`, as a user calls it. It does not ask the registry for a newer CLI. */
  synth(variables: Variables = {}, ...options: readonly string[]): Promise<Run> {
    return this.run('npx', ['cdk8s', 'synth', ...options], { CDK8S_CHECK_UPGRADE: 'false', ...variables });
  }

  /** The command of cdk8s.yaml. */
  app(variables: Variables = {}): Promise<Run> {
    return this.run(process.execPath, ['scripts/app.mjs'], variables);
  }

  run(file: string, args: readonly string[], variables: Variables = {}, stderr = true): Promise<Run> {
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, ...variables };
    return new Promise((resolve) => {
      const child = execFile(file, args, { cwd: this.folder, env, timeout: 50_000 }, (_, stdout, message) => {
        resolve({ code: child.exitCode ?? -1, stdout, stderr: message });
      });
      if (!stderr) child.stderr?.destroy();
    });
  }

  /** The files of a folder and what is in them. */
  files(folder: string): ReadonlyMap<string, string> {
    return new Map(
      readdirSync(this.path(folder))
        .sort()
        .map((name) => [name, this.read(folder, name)]),
    );
  }

  read(...names: string[]): string {
    return readFileSync(this.path(...names), 'utf8');
  }

  /** Permissions of a file, in octal. */
  mode(file: string): string {
    return (statSync(this.path(file)).mode & 0o777).toString(8);
  }

  /** Puts another text in the place of one that is in a file, and gives what undoes it. */
  edit(file: string, from: string, to: string): () => void {
    const text = this.read(file);
    expect(text).toContain(from);
    writeFileSync(this.path(file), text.replace(from, to));
    return () => {
      writeFileSync(this.path(file), text);
    };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
