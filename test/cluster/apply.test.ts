import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { list, minimum, noCluster, remove, synthesize, tryKubectl, untilReady } from './kubectl';

describe.skipIf(noCluster)('production, freshly synthesized', () => {
  let dist = '';
  beforeAll(async () => {
    dist = await synthesize('production');
  });

  describe.each([
    { command: 'kubectl apply', flags: [], created: 'created', unchanged: 'unchanged' },
    {
      command: 'kubectl apply --server-side',
      flags: ['--server-side'],
      created: 'serverside-applied',
      unchanged: 'serverside-applied',
    },
  ])('by $command', ({ flags, created, unchanged }) => {
    const apply = () => tryKubectl(['apply', ...flags, '--validate=strict', '-f', dist]);
    afterAll(() => remove(dist));

    it('goes into an empty cluster in one go, without a warning', async () => {
      const { code, stdout, stderr } = await apply();
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(lines(stdout)).not.toEqual([]);
      expect(lines(stdout).filter((line) => !line.endsWith(` ${created}`))).toEqual([]);
    });

    it('changes nothing the second time', async () => {
      await untilReady(minimum);
      const before = await written(dist);
      const { code, stdout, stderr } = await apply();
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      // kubectl sends the selector of a PodDisruptionBudget always, and the API server finds nothing new in it.
      const others = lines(stdout).filter((line) => !line.startsWith('poddisruptionbudget.policy/'));
      expect(others.filter((line) => !line.endsWith(` ${unchanged}`))).toEqual([]);
      expect(await written(dist)).toEqual(before);
    });

    it('leaves no difference for kubectl diff', async () => {
      expect(await tryKubectl(['diff', ...flags, '-f', dist])).toEqual({ code: 0, stdout: '', stderr: '' });
    });

    if (flags.length === 0) {
      it('goes over to --server-side without a conflict or a difference', async () => {
        const { code, stderr } = await tryKubectl(['apply', '--server-side', '-f', dist]);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(await tryKubectl(['diff', '--server-side', '-f', dist])).toEqual({ code: 0, stdout: '', stderr: '' });
      });
    }
  });
});

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
    managedFields: z.array(managedFields),
  }),
  status: z.looseObject({ conditions: z.array(z.unknown()).optional() }).optional(),
});

/** Every object by its name, with the times and versions of each write to it, except for what controllers write to a status. */
async function written(folder: string): Promise<Record<string, unknown>> {
  const objects = await list(object, '--show-managed-fields', '-f', folder);
  return Object.fromEntries(
    objects.map(({ status, ...rest }) => {
      const { resourceVersion, managedFields, ...metadata } = rest.metadata;
      const hasController = status?.conditions !== undefined;
      return [
        `${rest.kind} ${metadata.namespace}/${metadata.name}`,
        {
          ...rest,
          metadata: {
            ...metadata,
            managedFields: managedFields.filter(({ subresource }) => subresource === undefined),
            ...(hasController ? {} : { resourceVersion }),
          },
        },
      ];
    }),
  );
}
