import { Size } from 'cdk8s';
import { describe, expect, test } from 'vitest';
import { maxHeapOf } from '../../../src/constructs/service/heap';
import { size } from '../../../src/core/quantities';

describe("a JVM's largest heap", () => {
  test.each([
    ['what the request leaves beside 300 MiB', '1Gi', '2Gi', 724],
    ['as much of a large request', '4Gi', '8Gi', 3796],
    ['a quarter of the limit, if the request is too small for that', '512Mi', '1Gi', 256],
    ['never less than the least that a JVM takes', '1Mi', '4Mi', 2],
  ])('is %s', (_, request, limit, heap) => {
    expect(maxHeapOf('shop/cart', size('1', '1', request, limit), undefined)).toEqual(Size.mebibytes(heap));
  });
});
