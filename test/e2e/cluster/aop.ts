import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, inject, vi } from 'vitest';
import { z } from 'zod';
import { run, Run } from '../../cli/run';
import { kubectl, tryKubectl } from '../kubernetes/kubectl';

const cluster = inject('cluster');

/** Whether these tests have no cluster that is theirs: they change its nodes, and what all namespaces share. */
export const noClusterOfOurOwn = cluster === undefined || (process.env['KUBECONFIG_E2E'] ?? '') !== '';

/** Path of the cluster's kubeconfig. */
export const kubeconfig = cluster?.kubeconfig ?? '';

/** A folder that is removed after the tests. */
export const folder = cluster?.folder ?? '';

const finding = z.object({
  verdict: z.enum(['ok', 'problem', 'warning']),
  subject: z.string(),
  value: z.string(),
  remedy: z.array(z.string()),
});

/** What doctor has found. */
export type Finding = z.output<typeof finding>;

/** Runs a command of aop on the cluster. */
export async function aop(...args: readonly string[]): Promise<Run> {
  const named = args.includes('--context');
  const context = named ? [] : ['--context', (await kubectl('config', 'current-context')).trim()];
  return run(...args, ...context, '--kubeconfig', kubeconfig);
}

/** Runs doctor for the manifests of production, which have to be synthesized, and returns what it finds. */
export async function doctor(...args: readonly string[]): Promise<Finding[]> {
  const { code, out, err } = await aop(
    'doctor',
    '--manifests',
    join(folder, 'production'),
    '--output',
    'json',
    ...args,
  );
  const { findings } = z.object({ findings: z.array(finding) }).parse(JSON.parse(out));
  expect({ code, err }).toEqual({ code: findings.some(({ verdict }) => verdict === 'problem') ? 1 : 0, err: '' });
  return findings;
}

/** What doctor says of each custom resource here: no operator acts on it. */
export const NO_OPERATOR = 'has no status from its operator';

/** The problems and warnings of doctor, but that no operator acts here. */
export async function problems(): Promise<Finding[]> {
  return (await doctor()).filter(({ verdict, value }) => verdict !== 'ok' && value !== NO_OPERATOR);
}

/** Waits until doctor finds exactly these problems: controllers take their time. */
export async function untilProblems(expected: unknown): Promise<Finding[]> {
  return vi.waitFor(
    async () => {
      const found = await problems();
      expect(found).toEqual(expected);
      return found;
    },
    { timeout: 60_000, interval: 500 },
  );
}

/** Runs a command as doctor prints it. */
export function shell(command: string): Promise<void> {
  const bin = join(folder, 'aop');
  writeFileSync(bin, `#!/bin/sh\nexec '${process.execPath}' '${resolve('bin/aop.mjs')}' "$@"\n`);
  chmodSync(bin, 0o755);
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  return new Promise((done, failed) => {
    execFile('sh', ['-c', command], { env }, (error, _, stderr) => {
      if (error === null) done();
      else failed(new Error(`${command} failed: ${stderr}`));
    });
  });
}

/** Creates objects of any namespace, and fails if kubectl does. */
export function createAll(...items: readonly unknown[]): Promise<void> {
  return withManifest(['create'], items);
}

/** Deletes the same. */
export function deleteAll(items: readonly unknown[]): Promise<void> {
  return withManifest(['delete'], items);
}

async function withManifest(command: readonly string[], items: readonly unknown[]): Promise<void> {
  const manifest = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const { code, stderr } = await tryKubectl([...command, '-f', '-'], manifest);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}
