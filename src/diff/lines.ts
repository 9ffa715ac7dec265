import { FieldChange, shown } from './compare';
import { gapsBetween } from './sequence';
import { Value } from '../manifests/value';

/** The lines of a field's change: without those that a text of several lines keeps. */
export interface ChangedLines {
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** Longer lines are cut: JSON has them whole. */
const LONGEST_LINE = 400;
/** More lines are left out, and counted. */
const MOST_LINES = 30;

/** What to show of a field's change. */
export function changedLines({ before, after }: FieldChange): ChangedLines[] {
  const several = (value: Value | undefined) => typeof value === 'string' && value.includes('\n');
  if (!several(before) && !several(after)) return [{ removed: linesOf(before), added: linesOf(after) }];
  const [were, are] = [linesOf(before), linesOf(after)];
  return gapsBetween(were, are, (one, other) => one === other).map((gap) => ({
    removed: gap.before,
    added: gap.after,
  }));
}

function linesOf(value: Value | undefined): string[] {
  if (value === undefined) return [];
  return typeof value === 'string' && value.includes('\n') ? value.split('\n') : [shown(value)];
}

/** No more lines than can be read, each no longer than can be, and nothing that a terminal would obey. */
export function readable(lines: readonly string[]): string[] {
  const kept = lines.slice(0, MOST_LINES).map((line) => {
    const printable = escapeControls(line);
    return printable.length > LONGEST_LINE
      ? `${printable.slice(0, LONGEST_LINE)}… (${printable.length} characters)`
      : printable;
  });
  return lines.length > MOST_LINES ? [...kept, `… ${lines.length - MOST_LINES} more lines`] : kept;
}

/** Control characters, and those that turn the direction of a text, as JSON writes them. */
export function escapeControls(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
