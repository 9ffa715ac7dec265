/* What differs between two lists, by the longest sequence that they have in common. */

import { diffArrays } from 'diff';

/** Elements that differ between two lists, at the same place of both. */
export interface Gap<T> {
  readonly before: readonly T[];
  readonly after: readonly T[];
  /** Where it begins in the list as it was. */
  readonly beforeIndex: number;
  /** Where it begins in the list as it is. */
  readonly afterIndex: number;
}

/** Beyond this many edits, the lists are given as one gap: the search takes time by the square of them. */
const MOST_EDITS = 2000;

export function gapsBetween<T>(
  before: readonly T[],
  after: readonly T[],
  same: (one: T, other: T) => boolean,
): Gap<T>[] {
  const changes = diffArrays([...before], [...after], { comparator: same, maxEditLength: MOST_EDITS });
  if (changes === undefined) return [{ before, after, beforeIndex: 0, afterIndex: 0 }];
  const gaps: Gap<T>[] = [];
  let [gap, beforeIndex, afterIndex] = [gapAt<T>(0, 0), 0, 0];
  for (const { added, removed, value } of changes) {
    if (removed) gap.before.push(...value);
    else if (added) gap.after.push(...value);
    if (!added) beforeIndex += value.length;
    if (!removed) afterIndex += value.length;
    if (added || removed) {
      if (gaps.at(-1) !== gap) gaps.push(gap);
    } else {
      gap = gapAt(beforeIndex, afterIndex);
    }
  }
  return gaps;
}

function gapAt<T>(beforeIndex: number, afterIndex: number): Gap<T> & { readonly before: T[]; readonly after: T[] } {
  return { before: [], after: [], beforeIndex, afterIndex };
}
