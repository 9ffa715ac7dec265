/* How large a JVM's heap may grow in its container. */

import { Size, SizeRoundingBehavior } from 'cdk8s';
import { InvalidInputError } from '../../core/errors';
import { ContainerSize, memoryQuantity } from '../../core/quantities';

/** MiB that a Spring Boot application takes outside its heap: classes, compiled code, threads and buffers. */
const OUTSIDE_HEAP = 300;

/** The part of the limit that the JVM gives to the heap by itself. */
const JVM_SHARE = 1 / 4;

/**
 * The largest heap: what was asked for, or what the memory request leaves beside 300 MiB. So a full heap fits the request, and use
 * reaches a memory trigger on it. A request too small for that gets the quarter of the limit that the JVM would take by itself.
 *
 * @throws InvalidInputError if it is less than 2 MiB, no whole number of them, or leaves nothing of the limit for what is outside the heap
 */
export function maxHeapOf(where: string, { memoryRequest, memoryLimit }: ContainerSize, asked: Size | undefined): Size {
  const limit = mebibytes(memoryLimit);
  if (asked === undefined) {
    return Size.mebibytes(
      Math.max(2, Math.floor(Math.max(mebibytes(memoryRequest) - OUTSIDE_HEAP, limit * JVM_SHARE))),
    );
  }
  const heap = mebibytes(asked);
  if (heap < 2 || !Number.isInteger(heap)) {
    throw new InvalidInputError(
      where,
      `maxHeap is ${memoryQuantity(asked)}`,
      'Give it as whole mebibytes, 2 or more: Size.mebibytes(768)',
    );
  }
  if (heap >= limit) {
    throw new InvalidInputError(
      where,
      `maxHeap (${memoryQuantity(asked)}) leaves nothing of memoryLimit (${memoryQuantity(memoryLimit)}) for what is outside the heap`,
      `Lower maxHeap to ${OUTSIDE_HEAP}Mi below the limit, or raise memoryLimit`,
    );
  }
  return asked;
}

function mebibytes(size: Size): number {
  return size.toKibibytes({ rounding: SizeRoundingBehavior.NONE }) / 1024;
}
