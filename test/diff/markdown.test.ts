import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MARKER, markdownOf } from '../../src/diff/markdown';
import { Report } from '../../src/diff/report';
import { production } from '../autonomous-op/production';
import { reported } from './reported';

const configMap = (data: string, name = 'a') =>
  `{ apiVersion: v1, kind: ConfigMap, metadata: { name: ${name}, namespace: shop }, data: ${data} }`;
const changed = (before: string, after: string) =>
  markdownOf(reported(configMap(`{ a: ${JSON.stringify(before)} }`), configMap(`{ a: ${JSON.stringify(after)} }`)));
const withEffect = (text: string): Report => ({
  ...reported('', ''),
  effects: [{ kind: 'restarts pods', subject: text, text }],
});

describe('the comment', () => {
  it('begins with the mark by which it is found, what changed, and what that means', () => {
    const [mark, ...lines] = markdownOf(
      reported('', '{ apiVersion: v1, kind: PersistentVolumeClaim, metadata: { name: data } }'),
    ).split('\n');
    expect(mark).toBe(MARKER);
    expect(lines.join('\n')).toBe(
      '### What this does to the manifests\n\nbefore → after: 1 added.\n\nadded <code>PersistentVolumeClaim data</code>\n',
    );
    const removed = markdownOf(
      reported('{ apiVersion: v1, kind: PersistentVolumeClaim, metadata: { name: data } }', ''),
    );
    expect(removed).toContain(
      '| deletes data | PersistentVolumeClaim data | its volume, unless the reclaim policy is Retain, once it is deleted or pruned |\n',
    );
    expect(removed).toContain('kubectl apply leaves what is removed in the cluster');
  });

  it('unfolds each object, with the lines that differ alone', () => {
    expect(changed('same\nold\nlast', 'same\nnew\nlast')).toContain(
      '<details><summary>changed <code>ConfigMap a</code>, 1 field</summary>\n\n```diff\n  data.a\n- old\n+ new\n```\n\n</details>\n',
    );
  });

  it('says that nothing changed', () => {
    expect(markdownOf(reported('', ''))).toContain('before → after: nothing changed.');
  });

  it('fits, however much there is, and says what it leaves out', () => {
    const objects = Array.from({ length: 200 }, (_, index) => index);
    const of = (text: string) =>
      objects
        .map((index) => configMap(`{ a: ${JSON.stringify(`${text}\n`.repeat(50))} }`, `map-${index}`))
        .join('\n---\n');
    const comment = markdownOf(reported(of('old'), of('new')));
    expect(comment.length).toBeLessThan(65_536);
    expect(comment).toMatch(
      /\n\d+ more objects are not shown here: <code>npm run -s diff -- before<\/code> shows all\.\n$/,
    );
    expect(comment.match(/<details>/g)?.length).toBe(comment.match(/<\/details>/g)?.length);
    const one = changed('', 'x'.repeat(200_000));
    expect(one.length).toBeLessThan(2_000);
    expect(one).toContain('… (200000 characters)');
    const everything = markdownOf(reported('', production.files.map(({ yaml }) => yaml).join('---\n')));
    expect(everything.length).toBeLessThan(65_536);
    const [effect] = withEffect('x'.repeat(1_000)).effects;
    const effects = Array.from({ length: 100 }, () => effect).filter((each) => each !== undefined);
    const table = markdownOf({ ...reported('', ''), effects });
    expect(table.length).toBeLessThan(65_536);
    expect(table).toMatch(/\n\d+ more effects are not shown here\.\n/);
  });

  it.each([
    ['ends no table', 'a | b\nc', 'a &#124; b\\u000ac'.replaceAll('\\', '&#92;')],
    [
      'makes no markup',
      '**a** _b_ `c` [d](e) ~f~',
      '&#42;&#42;a&#42;&#42; &#95;b&#95; &#96;c&#96; &#91;d&#93;(e) &#126;f&#126;',
    ],
    ['is no HTML', '<img src=x> &amp;', '&lt;img src=x&gt; &amp;amp;'],
    ['mentions nobody and no issue', '@team #12', '@\u2060team &#35;\u206012'],
    ['is no formula', '$1 to $2', '<span>$</span>1 to <span>$</span>2'],
  ])('has text in its table that %s', (_, text, written) => {
    expect(markdownOf(withEffect(text))).toContain(`| restarts pods | ${written} | ${written} |\n`);
  });

  // Whatever is in a manifest: between the fences only lines of the block, outside of them nothing that was not escaped.
  it('keeps every value inside its block', () => {
    const nasty = fc
      .array(
        fc.constantFrom('```', '````', '\n', '</details>', '<b>', '|', '@a', '- ', '<!--', '\u001b[2J', '\u202e', 'x'),
        { minLength: 1, maxLength: 12 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(nasty, nasty, (before, after) => {
        fc.pre(before !== after);
        const comment = changed(before, after);
        const [, fence = '', body = ''] = /\n\n(`{3,})diff\n([^]*)\n\1\n\n<\/details>\n$/.exec(comment) ?? [];
        expect(fence).not.toBe('');
        expect(body.split('\n').filter((line) => !/^([-+] |  )/.test(line))).toEqual([]);
        expect(body).not.toContain(fence);
        expect(comment).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
      }),
      { numRuns: 300 },
    );
  });
});
