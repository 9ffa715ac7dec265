/** Elements that differ between two lists, at the same place of both. */
export interface Gap<T> {
  readonly before: readonly T[];
  readonly after: readonly T[];
  /** Where it begins in the list as it was. */
  readonly beforeIndex: number;
  /** Where it begins in the list as it is. */
  readonly afterIndex: number;
}

/** Beyond this many pairs of elements, what differs is given as one gap. */
const MOST_PAIRS = 4_000_000;

/** What differs between two lists, by the longest sequence that they have in common. */
export function gapsBetween<T>(
  before: readonly T[],
  after: readonly T[],
  same: (one: T, other: T) => boolean,
): Gap<T>[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && sameAt(before, start, after, start, same)) start += 1;
  let end = 0;
  while (end < shorter - start && sameAt(before, before.length - 1 - end, after, after.length - 1 - end, same)) {
    end += 1;
  }
  const inner = between(before.slice(start, before.length - end), after.slice(start, after.length - end), same);
  return inner.map((gap) => ({
    ...gap,
    beforeIndex: gap.beforeIndex + start,
    afterIndex: gap.afterIndex + start,
  }));
}

function between<T>(before: readonly T[], after: readonly T[], same: (one: T, other: T) => boolean): Gap<T>[] {
  const gaps: Gap<T>[] = [];
  const addGap = (beforeFrom: number, beforeTo: number, afterFrom: number, afterTo: number) => {
    if (beforeFrom === beforeTo && afterFrom === afterTo) return;
    gaps.push({
      before: before.slice(beforeFrom, beforeTo),
      after: after.slice(afterFrom, afterTo),
      beforeIndex: beforeFrom,
      afterIndex: afterFrom,
    });
  };
  let [beforeDone, afterDone] = [0, 0];
  for (const [beforeIndex, afterIndex] of common(before, after, same)) {
    addGap(beforeDone, beforeIndex, afterDone, afterIndex);
    [beforeDone, afterDone] = [beforeIndex + 1, afterIndex + 1];
  }
  addGap(beforeDone, before.length, afterDone, after.length);
  return gaps;
}

/** The indices of a longest common subsequence. */
function common<T>(
  before: readonly T[],
  after: readonly T[],
  same: (one: T, other: T) => boolean,
): [before: number, after: number][] {
  if (before.length * after.length > MOST_PAIRS) return [];
  // lengths[i * width + j]: of the longest one from before[i] and after[j] on.
  const width = after.length + 1;
  const lengths = new Uint32Array((before.length + 1) * width);
  const lengthAt = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = sameAt(before, i, after, j, same)
        ? lengthAt(i + 1, j + 1) + 1
        : Math.max(lengthAt(i + 1, j), lengthAt(i, j + 1));
    }
  }
  const pairs: [number, number][] = [];
  let [i, j] = [0, 0];
  while (i < before.length && j < after.length) {
    if (sameAt(before, i, after, j, same)) pairs.push([i++, j++]);
    else if (lengthAt(i + 1, j) >= lengthAt(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}

function sameAt<T>(
  before: readonly T[],
  i: number,
  after: readonly T[],
  j: number,
  same: (one: T, other: T) => boolean,
): boolean {
  const [one, other] = [before[i], after[j]];
  return one !== undefined && other !== undefined && same(one, other);
}
