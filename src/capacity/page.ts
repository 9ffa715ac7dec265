import { Report } from './report';

/** One HTML file with everything in it: the table, the chart, and what they rest on. */
export function page(report: Report, environment: string, svg: string): string {
  const { title, header, rows, totals, notes, problems, assumptions } = report;
  const numeric = header.map((_, column) => [...rows, ...totals].every((cells) => NUMBER.test(cells[column] ?? '')));
  const row = (cells: readonly string[], cell: 'td' | 'th', kind: string) => {
    const tags = cells.map((text, column) => {
      const kindOfCell = numeric[column] === true ? ' class="number"' : '';
      return `<${cell}${kindOfCell}>${escaped(text)}</${cell}>`;
    });
    return `<tr class="${kind}">${tags.join('')}</tr>`;
  };
  const items = (list: readonly string[]) => list.map((text) => `<li>${escaped(text)}</li>`).join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>
${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p class="environment">Environment ${escaped(environment)}</p>
${problems.length === 0 ? '' : `<ul class="problems">\n${items(problems)}\n</ul>\n`}<div class="wide">
<table>
<thead>${row(header, 'th', 'header')}</thead>
<tbody>
${rows.map((cells) => row(cells, 'td', 'service')).join('\n')}
${totals.map((cells) => row(cells, 'td', 'total')).join('\n')}
</tbody>
</table>
</div>
<ul class="notes">
${items(notes)}
</ul>
<figure>
${svg.trim()}
</figure>
<h2>What this rests on</h2>
<ul>
${items(assumptions)}
</ul>
</main>
</body>
</html>
`;
}

const STYLE = `:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #222; font: 15px/1.5 Helvetica, Arial, sans-serif; }
main { max-width: 1060px; margin: 0 auto; padding: 32px 24px; }
h1 { font-size: 24px; margin: 0; }
h2 { font-size: 18px; margin: 32px 0 8px; }
.environment { color: #555; margin: 4px 0 20px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid #e8e8e8; white-space: nowrap; }
.number { text-align: right; padding-right: 24px; }
th { font-weight: 600; border-bottom: 2px solid #999; }
.total td { font-weight: 600; }
.service + .total td { border-top: 2px solid #999; }
ul { padding-left: 20px; margin: 12px 0; }
.notes { color: #444; }
.problems { list-style: none; padding: 10px 14px; background: #fdeee6; border-left: 4px solid #d55e00; }
figure { margin: 24px 0 0; overflow-x: auto; }
figure svg { max-width: 100%; height: auto; }
@media print {
  main { max-width: none; padding: 0; }
  body, table { font-size: 11px; }
  th, td, .number { padding: 4px 8px 4px 0; white-space: normal; }
  .wide, figure { overflow: visible; }
  tr, figure, li { break-inside: avoid; }
}
`;

/** What a column of numbers has in it. */
const NUMBER = /^(|–|\$?[\d.]+( \$\/h|[KMGT]i)?)$/;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
