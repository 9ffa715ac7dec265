/* Requests of the tests, as a client or the ingress controller makes them. */

import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is asked. */
export interface Question {
  readonly method?: 'GET' | 'POST' | 'PUT';
  /** With any name, `host` too, which `fetch` would keep to itself. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** What came back; status 0 if nothing did. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly seconds: number;
}

/** Makes a request on a connection of its own; a failure is an answer too. */
export async function ask(url: string, { body, ...question }: Question = {}, seconds = 90): Promise<Answer> {
  const began = Date.now();
  return new Promise((resolve) => {
    const answer = (status: number, said: string) => {
      resolve({ status, text: said, seconds: (Date.now() - began) / 1000 });
    };
    const fail = (error: unknown) => {
      answer(0, String(error));
    };
    const options = { ...question, agent: false, signal: AbortSignal.timeout(seconds * 1000) };
    const sent = request(url, options, (response) => {
      text(response).then((said) => {
        answer(response.statusCode ?? 0, said);
      }, fail);
    });
    sent.on('error', fail).end(body);
  });
}

/** The answer to a request that has a JSON body; fails with another one. */
export async function askJson(url: string, question: Question = {}): Promise<unknown> {
  const { status, text: said } = await ask(url, question);
  if (status !== 200) throw new Error(`${url} answers ${status}: ${said}`);
  return JSON.parse(said);
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
