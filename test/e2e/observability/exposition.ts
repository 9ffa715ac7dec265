/* The text in which an exporter tells its metrics. */

/** The labels of a series; one without a value is left out. */
export type Labels = Readonly<Record<string, string | undefined>>;

/** A series with its value, and the time of it in milliseconds if the exporter tells one. */
export type Sample = readonly [labels: Labels, value: number, timestamp?: number];

/** The series of a metric, after a line with its type. */
export function family(name: string, type: 'counter' | 'gauge' | 'untyped', samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  return [`# TYPE ${name} ${type}`, ...samples.map((sample) => line(name, sample)), ''].join('\n');
}

/** Gauges without labels of their own. */
export function gauges(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => family(name, 'gauge', [[{}, value]]))
    .join('');
}

/** The series of a histogram: each bucket and the count; the sum is of no use here. */
export function histogram(name: string, buckets: readonly Sample[], counts: readonly Sample[]): string {
  if (counts.length === 0) return '';
  const lines = [
    ...buckets.map((sample) => line(`${name}_bucket`, sample)),
    ...counts.map((sample) => line(`${name}_count`, sample)),
  ];
  return [`# TYPE ${name} histogram`, ...lines, ''].join('\n');
}

/** A line of the text. No label of the simulated cluster has a quote or a backslash. */
export function line(name: string, [labels, value, timestamp]: Sample): string {
  let pairs = '';
  for (const label in labels) {
    const text = labels[label];
    if (text !== undefined) pairs += `${pairs === '' ? '' : ','}${label}="${text}"`;
  }
  const series = pairs === '' ? name : `${name}{${pairs}}`;
  return timestamp === undefined ? `${series} ${value}` : `${series} ${value} ${Math.round(timestamp)}`;
}
