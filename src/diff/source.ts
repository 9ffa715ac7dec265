import { execFileSync } from 'node:child_process';
import { InvalidInputError } from '../core/errors';
import { isFolder, MANIFEST_FILE, manifestFilesIn } from '../manifests/folder';
import { ManifestText } from '../manifests/read';

/** The manifests of one side. */
export interface Source {
  /** What it is, for the head of the report. */
  readonly title: string;
  readonly files: readonly ManifestText[];
}

/**
 * The manifests of a folder, or of the same folder in a git revision.
 *
 * @param side a folder, or a revision such as `main` or `HEAD~1`
 * @param folder where the manifests are in a revision, from the present folder
 * @throws InvalidInputError if it is neither, or has no manifests
 */
export function readSource(option: string, side: string, folder: string): Source {
  return isFolder(side) ? readFolder(option, side) : readRevision(option, side, folder);
}

/** The manifests of a folder. */
export function readFolder(option: string, folder: string): Source {
  return { title: folder, files: manifestFilesIn(option, folder) };
}

/** Nothing is checked out, and nothing of the revision is run: its files are read as git keeps them. */
function readRevision(option: string, revision: string, folder: string): Source {
  const commit = git('rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`)?.trim();
  if (commit === undefined) {
    throw new InvalidInputError(
      option,
      `"${revision}" is neither a folder nor a git revision`,
      'Name a folder of manifests, or a revision such as main, and fetch it first if it is not here',
    );
  }
  const names = (git('ls-tree', '-z', '--name-only', `${commit}:./${folder}`) ?? '').split('\0');
  const files = names
    .filter((name) => MANIFEST_FILE.test(name))
    .map((name) => {
      const yaml = git('cat-file', 'blob', `${commit}:./${folder}/${name}`);
      if (yaml === undefined) {
        throw new InvalidInputError(option, `git can't read ${folder}/${name} of "${revision}"`, 'Fetch the revision');
      }
      return { name, yaml };
    });
  return { title: revision, files };
}

/** What git prints, or undefined if it fails. */
function git(...args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', args, { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}

/** Whether git ignores the file, as it holds secrets: a clone has it only after a synth. */
function isSecret({ name }: ManifestText): boolean {
  return name.endsWith('-secrets.k8s.yaml');
}

/** Leaves out the files with secrets that only one of two sides has. */
export function comparable(base: Source, head: Source): { base: Source; head: Source; leftOut: string[] } {
  const leftOut = [base, head].flatMap((source) => {
    const other = source === base ? head : base;
    const others = new Set(other.files.map(({ name }) => name));
    return source.files.filter((file) => isSecret(file) && !others.has(file.name)).map(({ name }) => name);
  });
  const without = (source: Source) => ({
    ...source,
    files: source.files.filter(({ name }) => !leftOut.includes(name)),
  });
  return { base: without(base), head: without(head), leftOut };
}
