/* Sets of whole numbers, as sorted ranges that neither touch nor overlap: ports, and addresses. */

/** All numbers from one to another, both included. */
export interface Range {
  readonly from: bigint;
  readonly to: bigint;
}

export type Ranges = readonly Range[];

export function union(...sets: readonly Ranges[]): Ranges {
  const sorted = sets.flat().sort((one, other) => (one.from < other.from ? -1 : 1));
  const joined: Range[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last === undefined || range.from > last.to + 1n) joined.push(range);
    else if (range.to > last.to) joined[joined.length - 1] = { from: last.from, to: range.to };
  }
  return joined;
}

export function intersection(one: Ranges, other: Ranges): Ranges {
  return one.flatMap((a) =>
    other
      .map((b) => ({ from: a.from > b.from ? a.from : b.from, to: a.to < b.to ? a.to : b.to }))
      .filter(({ from, to }) => from <= to),
  );
}

export function difference(one: Ranges, other: Ranges): Ranges {
  return other.reduce<Ranges>(
    (left, hole) =>
      left.flatMap((range) =>
        [
          { from: range.from, to: range.to < hole.from ? range.to : hole.from - 1n },
          { from: range.from > hole.to ? range.from : hole.to + 1n, to: range.to },
        ].filter(({ from, to }) => from <= to),
      ),
    one,
  );
}

export function contains(set: Ranges, part: Ranges): boolean {
  return difference(part, set).length === 0;
}

/** The pieces into which the ends of ranges cut a set: each of the ranges has all of a piece, or nothing of it. */
export function pieces(set: Ranges, cuts: Ranges): Ranges {
  return cuts.reduce<Ranges>((parts, cut) => [...intersection(parts, [cut]), ...difference(parts, [cut])], set);
}
