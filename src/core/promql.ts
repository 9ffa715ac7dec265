import { parser } from '@prometheus-io/lezer-promql';
import { InvalidInputError } from './errors';

/**
 * Fails unless `expression` is PromQL; the message points at the first character that is not.
 *
 * Prometheus' own grammar is used (the one its web interface parses with), so what passes here loads there.
 */
export function requirePromql(where: string, expression: string): string {
  const position = syntaxError(expression);
  if (position === undefined) {
    return expression;
  }
  throw new InvalidInputError(
    where,
    `PromQL syntax error at position ${position + 1} of "${expression}"`,
    `Correct the query from ${position < expression.length ? `"${expression.slice(position, position + 20)}"` : 'its end'} on`,
  );
}

/** The zero-based position of the first syntax error, or undefined where there is none. */
function syntaxError(expression: string): number | undefined {
  if (expression.trim() === '') {
    return 0;
  }
  const cursor = parser.parse(expression).cursor();
  do {
    if (cursor.type.isError) {
      return cursor.from;
    }
  } while (cursor.next());
  return undefined;
}
