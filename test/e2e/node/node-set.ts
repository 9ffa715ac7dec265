import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import {
  clusterTool,
  hasClusterTool,
  run,
  startControlPlane,
  stateOf,
  whileTesting,
} from '../kubernetes/control-plane';
import { synthesizeInto } from '../kubernetes/synthesized';
import { certificate } from './certificate';
import { makeImages } from './images';
import { nodes, nodeTool, removeOutside } from './node-tool';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder with the manifests of `local`. */
    local: string;
  }
}

/** What builds the images, and the Debian packages that have it. */
const programs = { go: 'golang', mvn: 'maven', java: 'openjdk-17-jdk-headless', openssl: 'openssl' };

/** Vitest's global setup: real nodes and images before all tests. What it returns is run after them. */
export default async function setup(project: TestProject): Promise<(() => void) | undefined> {
  const reason = reasonToSkip();
  if (reason !== undefined) {
    process.stderr.write(`node tests: all skipped, ${reason}\n`);
    project.provide('cluster', undefined);
    project.provide('local', '');
    return undefined;
  }
  return whileTesting(async (folder, undo) => {
    const local = join(folder, 'local');
    await synthesizeInto(local, 'local');
    await makeImages(local, certificate());
    const kubeconfig = await startControlPlane(folder, undo, false);
    const state = stateOf(folder);
    undo.unshift(() => {
      removeOutside();
      execFileSync(nodeTool, ['down', state], { stdio: 'ignore' });
    });
    await run(nodeTool, ['up', state, `${nodes.length}`]);
    // A node has its CPUs to itself: what else this machine does may not make a probe late.
    for (const node of nodes) writeFileSync(`/sys/fs/cgroup/cpu/aop-${node}/cpu.shares`, `${20 * 1024}`);
    project.provide('cluster', { kubeconfig, folder });
    project.provide('local', local);
  });
}

/** Why nothing can be tried here; nothing if it can. */
function reasonToSkip(): string | undefined {
  if (!existsSync(nodeTool) || !hasClusterTool) return `there is no ${nodeTool} or no ${clusterTool}`;
  if (process.getuid?.() !== 0) return 'they need root: a node has namespaces, mounts and a network of its own';
  const missing = Object.entries(programs).filter(([name]) => spawnSync('which', [name]).status !== 0);
  if (missing.length === 0) return undefined;
  const [names, packages] = [missing.map(([name]) => name), missing.map(([, name]) => name)];
  return `${names.join(', ')} can't be found (Debian: apt-get install ${packages.join(' ')})`;
}
