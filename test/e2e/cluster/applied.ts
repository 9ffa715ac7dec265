import { expect, it } from 'vitest';
import { z } from 'zod';
import { list, tryKubectl, untilReady } from '../kubernetes/kubectl';

/** A way of applying manifests, and the words by which it tells what it did. */
export interface ApplyCommand {
  readonly command: string;
  readonly flags: readonly string[];
  readonly created: string;
  readonly unchanged: string;
}

export const clientSide: ApplyCommand = {
  command: 'kubectl apply',
  flags: [],
  created: 'created',
  unchanged: 'unchanged',
};

export const serverSide: ApplyCommand = {
  command: 'kubectl apply --server-side',
  flags: ['--server-side'],
  created: 'serverside-applied',
  unchanged: 'serverside-applied',
};

/** Tests that apply a folder to an empty cluster, twice, and leave it there. */
export function itApplies(
  folder: () => string,
  { flags, created, unchanged }: ApplyCommand,
  expected: Readonly<Record<string, number>>,
): void {
  const apply = () => tryKubectl(['apply', ...flags, '--validate=strict', '-f', folder()]);

  it('goes into an empty cluster in one go, without a warning', async () => {
    const { code, stdout, stderr } = await apply();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(lines(stdout)).not.toEqual([]);
    expect(lines(stdout).filter((line) => !line.endsWith(` ${created}`))).toEqual([]);
  });

  it('changes nothing the second time', async () => {
    await untilReady(expected);
    const before = await written(folder());
    const { code, stdout, stderr } = await apply();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    // kubectl sends the selector of a PodDisruptionBudget always, and the API server finds nothing new in it.
    const others = lines(stdout).filter((line) => !line.startsWith('poddisruptionbudget.policy/'));
    expect(others.filter((line) => !line.endsWith(` ${unchanged}`))).toEqual([]);
    expect(await written(folder())).toEqual(before);
  });

  it('leaves no difference for kubectl diff', async () => {
    expect(await tryKubectl(['diff', ...flags, '-f', folder()])).toEqual({ code: 0, stdout: '', stderr: '' });
  });
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

const managedFields = z.looseObject({ subresource: z.string().optional() });

const object = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().default(''),
    resourceVersion: z.string(),
    // None of an object that was applied server-side with nothing but a name.
    managedFields: z.array(managedFields).default([]),
  }),
  status: z.unknown().optional(),
});

/** The kinds whose status Kubernetes' controllers write whenever they like. */
const controlled = ['Deployment', 'StatefulSet', 'DaemonSet', 'HorizontalPodAutoscaler', 'PodDisruptionBudget'];

/** Every object by its name, with the times and versions of each write to it, except for what controllers write to a status. */
export async function written(folder: string, ...flags: readonly string[]): Promise<Record<string, unknown>> {
  const objects = await list(object, '--show-managed-fields', ...flags, '-f', folder);
  return Object.fromEntries(
    objects.map(({ status, ...rest }) => {
      const { resourceVersion, managedFields, ...metadata } = rest.metadata;
      const versioned = controlled.includes(rest.kind) ? {} : { resourceVersion, status };
      return [
        `${rest.kind} ${metadata.namespace}/${metadata.name}`,
        {
          ...rest,
          ...versioned,
          metadata: {
            ...metadata,
            managedFields: managedFields.filter(({ subresource }) => subresource === undefined),
          },
        },
      ];
    }),
  );
}
