import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientSide, itApplies, serverSide } from './applied';
import { noCluster, productionPods, provideLogVolume, remove, synthesize, tryKubectl } from '../kubernetes/kubectl';

describe.skipIf(noCluster)('production, freshly synthesized', () => {
  let dist = '';
  beforeAll(async () => {
    dist = await synthesize('production');
  });

  describe.each([clientSide, serverSide])('by $command', (command) => {
    beforeAll(provideLogVolume);
    afterAll(() => remove(dist));

    itApplies(() => dist, command, productionPods);

    if (command === clientSide) {
      it('goes over to --server-side without a conflict or a difference', async () => {
        const { code, stderr } = await tryKubectl(['apply', '--server-side', '-f', dist]);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(await tryKubectl(['diff', '--server-side', '-f', dist])).toEqual({ code: 0, stdout: '', stderr: '' });
      });
    }
  });
});
