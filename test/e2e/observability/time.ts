/* Simulated time: how a minute of the rules becomes a second of the test. */

import { parser } from '@prometheus-io/lezer-promql';
import { secondsIn } from '../../../src/core/promql';

/**
 * Time runs so many times as fast: every duration of rules, scrapes and notifications is divided by it, and nothing else is changed.
 * A minute takes a second, so that a busy machine that stops for a second is a network that stops for a minute: nobody is told.
 */
export const SPEED = 60;

/** Between two scrapes, and two evaluations of the rules: twice what is emitted, since each costs as much as ever. */
export const INTERVAL = '1m';

/** The real milliseconds that simulated seconds take. */
export function realMilliseconds(seconds: number): number {
  return (seconds * 1000) / SPEED;
}

/** The duration in the time of the test. */
export function faster(duration: string): string {
  return `${Math.round(realMilliseconds(secondsIn(duration)))}ms`;
}

/**
 * The expression in the time of the test: each of its durations is shorter, and what a function gives for a second is for a
 * simulated one. What is a duration, and what a call, is what Prometheus' grammar says.
 */
export function fasterExpression(expression: string): string {
  const edits: { from: number; to: number; text: string }[] = [];
  parser.parse(expression).iterate({
    enter({ name, from, to }) {
      const text = expression.slice(from, to);
      if (name === 'NumberDurationLiteralInDurationContext') edits.push({ from, to, text: faster(text) });
      if (name === 'FunctionCall' && /^(i?rate|deriv)\b/.test(text)) {
        edits.push({ from, to: from, text: '(' }, { from: to, to, text: ` / ${SPEED})` });
      }
    },
  });
  return edits
    .sort((one, other) => other.from - one.from)
    .reduce((text, edit) => text.slice(0, edit.from) + edit.text + text.slice(edit.to), expression);
}
