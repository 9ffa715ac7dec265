/* Images of the shared tool with files of ours on top: a layer of a few files does not make Debian anew. */

import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { run } from '../kubernetes/control-plane';

/** How the program of an image starts. */
export interface Start {
  readonly entrypoint: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workdir?: string;
}

/** Where the shared tool keeps images: `refs/<registry>/<name>/<tag>` has the digest of a manifest, `blobs/sha256/` all content. */
const store = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'aop-cluster/images');

const manifest = z.looseObject({
  config: z.looseObject({ digest: z.string(), size: z.int() }),
  layers: z.array(z.looseObject({ digest: z.string(), size: z.int() })),
});
const config = z.looseObject({
  config: z.looseObject({ Env: z.array(z.string()).default([]) }),
  rootfs: z.looseObject({ diff_ids: z.array(z.string()) }),
});

/** A layer in the store. */
export interface Layer {
  readonly digest: string;
  readonly size: number;
}

/** Makes a layer of files, by their paths in the image; everybody may read them. The same files make the same layer. */
export async function layerOf(files: Readonly<Record<string, string | Buffer>>): Promise<Layer> {
  const work = mkdtempSync(join(tmpdir(), 'aop-layer-'));
  try {
    const root = join(work, 'root');
    for (const [path, source] of Object.entries(files)) {
      const target = join(root, path);
      mkdirSync(dirname(target), { recursive: true });
      if (typeof source === 'string') cpSync(source, target, { recursive: true, dereference: true });
      else writeFileSync(target, source);
    }
    const tar = join(work, 'layer.tar');
    const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=a+rX,u+w'];
    await run('tar', ['-C', root, ...same, '-cf', tar, '.']);
    const { stdout } = await run('sha256sum', [tar]);
    const hash = stdout.slice(0, 64);
    const blob = join(store, 'blobs/sha256', hash);
    const { stdout: size } = await run('stat', ['-c', '%s', tar]);
    if (!existsSync(blob)) await run('mv', [tar, blob]);
    return { digest: `sha256:${hash}`, size: Number(size) };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Gives an image with layers on top of it, started in some way, a name. */
export function nameImage(name: string, from: string, layers: readonly Layer[], start: Start): void {
  const base = manifest.parse(json(blobOf(readFileSync(refOf(from), 'utf8').trim())));
  const before = config.parse(json(blobOf(base.config.digest)));
  const described = {
    ...before,
    config: {
      Env: [...before.config.Env, ...Object.entries(start.env ?? {}).map(([key, value]) => `${key}=${value}`)],
      Entrypoint: start.entrypoint,
      WorkingDir: start.workdir ?? '/',
    },
    rootfs: { ...before.rootfs, diff_ids: [...before.rootfs.diff_ids, ...layers.map(({ digest }) => digest)] },
  };
  const mediaType = 'application/vnd.oci.image.layer.v1.tar';
  const whole = {
    ...base,
    config: { ...base.config, ...put(described) },
    layers: [...base.layers, ...layers.map((layer) => ({ mediaType, ...layer }))],
  };
  const ref = refOf(name);
  mkdirSync(dirname(ref), { recursive: true });
  writeFileSync(ref, `${put(whole).digest}\n`);
}

/** Whether the store has an image. */
export function hasImage(name: string): boolean {
  return existsSync(refOf(name));
}

/** Removes what the shared tool works with while it makes an image, and leaves behind. */
export function removeWork(): void {
  const left = existsSync(store) ? readdirSync(store).filter((name) => name.startsWith('work.')) : [];
  for (const name of left) rmSync(join(store, name), { recursive: true, force: true });
}

function put(content: unknown): Layer {
  const text = JSON.stringify(content);
  const hash = createHash('sha256').update(text).digest('hex');
  const path = join(store, 'blobs/sha256', hash);
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
  return { digest: `sha256:${hash}`, size: Buffer.byteLength(text) };
}

function blobOf(digest: string): string {
  return join(store, 'blobs', digest.replace(':', '/'));
}

function json(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Path of the reference of a name, as containerd understands it: `redis:7` is docker.io's. */
function refOf(name: string): string {
  const colon = name.lastIndexOf(':');
  const [repository, tag] = [name.slice(0, colon), name.slice(colon + 1)];
  const [first = '', ...rest] = repository.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const full = isHost ? repository : `docker.io/${rest.length === 0 ? 'library/' : ''}${repository}`;
  return join(store, 'refs', full, tag);
}
