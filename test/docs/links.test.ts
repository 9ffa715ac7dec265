import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codeIn, pagesWith, read, REPOSITORY } from './pages';

const isThere = (path: string) => existsSync(join(REPOSITORY, path));

describe('the links of', () => {
  const links = (page: string) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, target = '']) => target);

  test.each(pagesWith(links))('%s lead somewhere', (page, targets) => {
    const broken = targets.filter((target) => {
      const [file = '', anchor] = target.split('#');
      const path = file === '' ? page : join(dirname(page), file);
      return !isThere(path) || (anchor !== undefined && !anchorsOf(path).includes(anchor));
    });
    expect(broken).toEqual([]);
  });
});

describe('the files that are named in', () => {
  const paths = (page: string) =>
    codeIn(read(page)).filter((code) => /^(src|docs|examples|test|scripts|imports)\/[\w./-]*$/.test(code));

  test.each(pagesWith(paths))('%s are there', (_, named) => {
    expect(named.filter((path) => !isThere(path))).toEqual([]);
  });
});

/** As GitHub makes them of headings. */
function anchorsOf(page: string): string[] {
  const headings = [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}
