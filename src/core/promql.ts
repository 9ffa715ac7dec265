import { parser } from '@prometheus-io/lezer-promql';
import { InvalidInputError } from './errors';

/**
 * Fails unless `expression` is PromQL; the message points at the first character that is not.
 *
 * Prometheus' own grammar is used (the one its web interface parses with), so what passes here loads there.
 */
export function requirePromql(where: string, expression: string): string {
  parse(where, expression);
  return expression;
}

type Tree = ReturnType<typeof parser.parse>;
type SyntaxNode = Tree['topNode'];

function parse(where: string, expression: string): Tree {
  const tree = parser.parse(expression);
  const position = expression.trim() === '' ? 0 : syntaxError(tree);
  if (position === undefined) {
    return tree;
  }
  throw new InvalidInputError(
    where,
    `PromQL syntax error at position ${position + 1} of "${expression}"`,
    `Correct the query from ${position < expression.length ? `"${expression.slice(position, position + 20)}"` : 'its end'} on`,
  );
}

/** The zero-based position of the first syntax error, or undefined if there is none. */
function syntaxError(tree: Tree): number | undefined {
  const cursor = tree.cursor();
  do {
    if (cursor.type.isError) {
      return cursor.from;
    }
  } while (cursor.next());
  return undefined;
}

/** What an expression looks at: the time that its outermost range covers, and the function over it. */
export interface PromqlRange {
  /** `rate`, `min_over_time`; empty if no function takes the range. */
  readonly name: string;
  readonly seconds: number;
}

const DURATIONS: Readonly<Record<string, number>> = {
  ...{ ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000, '': 1 },
};

/** The outermost range of an expression: of `min_over_time(rate(x[2m])[10m:30s])` the ten minutes. Undefined if it has none. */
export function outermostRange(expression: string): PromqlRange | undefined {
  let found: PromqlRange | undefined;
  parser.parse(expression).iterate({
    enter({ name: type, node }) {
      const duration = ['MatrixSelector', 'SubqueryExpr'].includes(type) ? node.getChild('DurationExpr') : null;
      // What is inside a range is a part of what is looked at.
      if (found !== undefined || duration === null) return;
      const name = closest(node, 'FunctionCall')?.getChild('FunctionIdentifier');
      found = {
        name: expression.slice(name?.from ?? 0, name?.to ?? 0),
        seconds: secondsIn(expression.slice(duration.from, duration.to)),
      };
    },
  });
  return found;
}

/** The nearest node of a type that a node is in. */
function closest(node: SyntaxNode, type: string): SyntaxNode | null {
  let found: SyntaxNode | null = node;
  while (found !== null && found.name !== type) found = found.parent;
  return found;
}

/** `1h30m` or `90` in seconds. */
export function secondsIn(duration: string): number {
  return [...duration.matchAll(/([\d.]+)(ms|[smhdwy]|)/g)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (DURATIONS[unit] ?? NaN),
    0,
  );
}

/** The metrics that an expression selects, each once. What can't be parsed selects none. */
export function metricsIn(expression: string): string[] {
  return [...new Set(selectors(expression, parser.parse(expression)).map(({ name }) => name))];
}

/** The labels of each metric by its name; `undefined` if they are not known, as of a recorded metric. */
export type Vocabulary = ReadonlyMap<string, readonly string[] | undefined>;

/**
 * Fails if PromQL selects a metric that is in none of the vocabularies, or matches a label that the first to know the metric does
 * not; the message has the position and the nearest name. A misspelled name is not an error to Prometheus: the alert just never
 * fires.
 */
export function requireKnownMetrics(where: string, expression: string, ...vocabularies: readonly Vocabulary[]): string {
  for (const { name, position, labels } of selectors(expression, parse(where, expression))) {
    const vocabulary = vocabularies.find((each) => each.has(name));
    if (vocabulary === undefined) {
      const names = vocabularies.flatMap((each) => [...each.keys()]);
      throw unknown(where, expression, `metric "${name}"`, position, nearest(name, names));
    }
    const known = vocabulary.get(name);
    const stranger = labels.find((label) => known !== undefined && !known.includes(label.name));
    if (known !== undefined && stranger !== undefined) {
      const what = `label "${stranger.name}" of ${name}`;
      throw unknown(where, expression, what, stranger.position, nearest(stranger.name, known));
    }
  }
  return expression;
}

interface Name {
  readonly name: string;
  readonly position: number;
}

/** The metrics that an expression selects, each with the labels that it matches. */
function selectors(expression: string, tree: Tree): (Name & { readonly labels: readonly Name[] })[] {
  const found: (Name & { readonly labels: Name[] })[] = [];
  tree.iterate({
    enter({ name: type, from, to, node }) {
      const text = expression.slice(from, to);
      if (type === 'VectorSelector') {
        const metric = node.getChild('Identifier');
        const name = metric === null ? text : expression.slice(metric.from, metric.to);
        found.push({ name, position: from, labels: [] });
      } else if (type === 'LabelName' && node.parent?.name === 'UnquotedLabelMatcher') {
        found.at(-1)?.labels.push({ name: text, position: from });
      }
    },
  });
  return found;
}

function unknown(where: string, expression: string, what: string, position: number, near: string | undefined) {
  return new InvalidInputError(
    where,
    `${what} at position ${position + 1} of "${expression}" is not in the vocabulary`,
    near === undefined ? 'Add it to the vocabulary' : `Write "${near}", or add it to the vocabulary`,
  );
}

function nearest(name: string, names: readonly string[]): string | undefined {
  const byDistance = names.map((each) => [distance(name, each), each] as const).sort(([a], [b]) => a - b);
  return byDistance[0]?.[1];
}

/** How many letters must be added, removed or replaced to make one text of the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j < row.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (to[j - 1] === from[i - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
