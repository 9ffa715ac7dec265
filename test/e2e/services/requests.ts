/* Requests of the tests, as a client or the ingress controller makes them. */

import { setTimeout as sleep } from 'node:timers/promises';

/** What came back; status 0 if nothing did. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly seconds: number;
}

/** Makes a request; a failure is an answer too. */
export async function ask(url: string, init: RequestInit = {}, seconds = 90): Promise<Answer> {
  const began = Date.now();
  const answer = (status: number, text: string) => ({ status, text, seconds: (Date.now() - began) / 1000 });
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(seconds * 1000) });
    return answer(response.status, await response.text());
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return answer(0, String(cause));
  }
}

/** The answer to a request that has a JSON body; fails with another one. */
export async function askJson(url: string, init: RequestInit = {}): Promise<unknown> {
  const { status, text } = await ask(url, init);
  if (status !== 200) throw new Error(`${url} answers ${status}: ${text}`);
  return JSON.parse(text);
}

/** Clients that ask one after the other, until they are told to stop. */
export class Load {
  readonly answers: Answer[] = [];

  private stopped = false;
  private readonly clients: readonly Promise<void>[];

  /**
   * @param clients how many ask at the same time
   * @param pause milliseconds between an answer and the next request of a client
   */
  constructor(request: () => Promise<Answer>, { clients = 8, pause = 0 } = {}) {
    this.clients = Array.from({ length: clients }, async () => {
      while (!this.stopped) {
        this.answers.push(await request());
        if (pause > 0) await sleep(pause);
      }
    });
  }

  /** Waits until so many more have been answered. */
  async more(count: number): Promise<void> {
    const enough = this.answers.length + count;
    while (this.answers.length < enough) await sleep(50);
  }

  /** Ends the clients; gives what was not answered with 200. */
  async stop(): Promise<Answer[]> {
    this.stopped = true;
    await Promise.all(this.clients);
    return this.answers.filter(({ status }) => status !== 200);
  }
}
