/* Where people reach the page of Prometheus or Alertmanager. */

import { requireUrl } from '../../core/validation';

/**
 * What the operator's object says of it. Whatever path the URL has, the pods serve from the root on: that is where the probes and
 * whoever queries ask, so a proxy has to take the path away.
 */
export function externalUrl(where: string, url: string | undefined): { externalUrl?: string; routePrefix?: string } {
  return url === undefined ? {} : { externalUrl: requireUrl(where, 'externalUrl', url), routePrefix: '/' };
}
