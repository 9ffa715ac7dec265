/** What a metric's value does: a counter only grows, a gauge goes up and down, a bucket counts a histogram's values up to `le`. */
type MetricType = 'counter' | 'gauge' | 'bucket';

/** A metric that rules, triggers and dashboards may use. */
interface Metric {
  /** Who exposes it. */
  readonly source: string;
  /** What its value does. */
  readonly type: MetricType;
  /** The labels it has of its own. */
  readonly labels: readonly string[];
}

/** Metrics by their names. */
export type MetricNames = Readonly<Record<string, Metric>>;

/** Declares the metrics of a source; their labels are those that it gives them, without those that a scrape adds. */
export const metric =
  (source: string, type: MetricType) =>
  (...labels: readonly string[]): Metric => ({ source, type, labels });
