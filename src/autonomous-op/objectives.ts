import { Duration } from 'cdk8s';

/** What every service promises of its requests over a month. The document sets no objectives; change them here. */
export const objectives = {
  /** Share that does not fail. */
  availability: 0.999,
  /** Share that is answered in time. */
  promptness: 0.99,
  /** The time that an answer may take; every service gets a bucket for it. */
  latency: Duration.millis(500),
};
