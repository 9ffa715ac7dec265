/* Promtail 2.9: what it could not send, of each node by itself; each reason is told from the start. */

import { family, Sample } from '../exposition';
import type { World } from '../world';

const REASONS = ['ingester_error', 'rate_limited', 'stream_limited', 'line_too_long'];

export function promtail({ logs }: World): string {
  const host = 'loki.autonomous-op.svc:3100';
  const samples = REASONS.map((reason): Sample => [
    { host, reason, tenant: '' },
    reason === 'rate_limited' ? Math.floor(logs.dropped) : 0,
  ]);
  return family('promtail_dropped_entries_total', 'counter', samples);
}
