/* The network of the simulated pods: an HTTP proxy that answers for each address, and where the receivers are told. */

import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { portOf } from '../../ports';
import { exposition } from './exporters/exporters';
import { Pod } from './pod';
import type { World } from './world';

/** An alert of which a receiver is told. */
export interface Told {
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
}

const notification = z.object({
  alerts: z.array(z.object({ status: z.enum(['firing', 'resolved']), labels: z.record(z.string(), z.string()) })),
});

const posted = z.array(z.looseObject({ endsAt: z.string() }));

/** How far what the real programs tell of themselves is passed on: the rest is a thousand series that no rule uses. */
const USED = /^(# TYPE )?(prometheus_(rule_evaluation|notifications|config)|alertmanager_(notifications|config))_/;

/** The address of a target that always answers: if Prometheus has not scraped it, the machine was too busy. */
export const MACHINE = '10.0.0.1';

/** Where Prometheus sends its alerts. */
export const ALERTMANAGER = 'alertmanager';

/** A server at a port of the loopback. */
export class Network {
  /** Receivers whose address is wrong, so that what is sent there is refused. */
  readonly refusing = new Set<string>();
  /** Addresses of the programs that are real, by the workload that they stand for. */
  readonly real = new Map<string, string>();

  /** Since when alerts reach Alertmanager. What was over by then does not: until Prometheus has scraped, everything seems to be down. */
  private opened: number | undefined;
  private readonly server: Server;
  private byIp: ReadonlyMap<string, Pod> = new Map();

  constructor(
    private readonly world: World,
    private readonly hear: (told: Told) => void,
  ) {
    this.server = createServer((request, response) => {
      this.answer(request, response).catch(() => response.destroy());
    });
  }

  /** Begins to answer; gives its URL. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${portOf(this.server)}`;
  }

  /** From now on alerts reach Alertmanager. */
  open(): void {
    this.opened = Date.now();
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '' } = request;
    const [, ip, path = ''] = /^http:\/\/([^:/]+)(?::\d+)?(\/.*)$/.exec(url) ?? [];
    if (ip !== undefined) await this.answerScrape(ip, path, response);
    else if (url.startsWith(`/${ALERTMANAGER}/`))
      await this.passOn(url.replace(`/${ALERTMANAGER}`, ''), request, response);
    else await this.receive(url.slice(1), request, response);
  }

  private async answerScrape(ip: string, path: string, response: ServerResponse): Promise<void> {
    const body = await this.scrape(ip, path);
    response.writeHead(body === undefined ? 503 : 200, { 'Content-Type': 'text/plain; version=0.0.4' });
    response.end(body);
  }

  private async scrape(ip: string, path: string): Promise<string | undefined> {
    if (this.byIp.size < this.world.everyPod.length) {
      this.byIp = new Map(this.world.everyPod.map((pod) => [pod.spec.ip, pod]));
    }
    if (ip === MACHINE) return '';
    const pod = this.byIp.get(ip);
    if (pod === undefined) return undefined;
    const real = this.real.get(pod.spec.workload);
    if (real === undefined) return exposition(this.world, pod, path);
    if (!pod.exports) return undefined;
    const answer = await fetch(`${real}${path}`, { headers: { 'Accept-Encoding': 'identity' } });
    const lines = (await answer.text()).split('\n');
    return lines.filter((each) => USED.test(each)).join('\n') + '\n';
  }

  /** From Prometheus to Alertmanager, as soon as what Prometheus says is worth it. */
  private async passOn(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const opened = this.opened ?? Infinity;
    const alerts = posted.parse(JSON.parse(await text(request))).filter(({ endsAt }) => Date.parse(endsAt) > opened);
    const to = `${this.real.get('alertmanager') ?? ''}${path}`;
    const headers = { 'Content-Type': 'application/json' };
    response.statusCode = (await fetch(to, { method: 'POST', body: JSON.stringify(alerts), headers })).status;
    response.end();
  }

  private async receive(receiver: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { alerts } = notification.parse(JSON.parse(await text(request)));
    response.statusCode = this.refusing.has(receiver) ? 404 : 200;
    response.end();
    if (response.statusCode !== 200) return;
    alerts.forEach((alert) => {
      this.hear({ receiver, ...alert });
    });
  }
}
