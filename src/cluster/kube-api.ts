import { Agent, IncomingMessage, OutgoingHttpHeaders, request as requestPlain } from 'node:http';
import { request as requestTls, RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import type { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { InvalidInputError, isNotInstalled, messageOf } from '../core/errors';

/** Time after which a request is given up. */
const TIMEOUT_SECONDS = 10;

/** Connections that are open at once: the API server counts them. */
const MAX_CONNECTIONS = 8;

/** What is asked of a Kubernetes API server. */
export interface KubeApi {
  /** @throws ApiError where it answers with anything but the object, or not in time */
  get(path: string): Promise<unknown>;
  /** A JSON merge patch. @throws ApiError as `get` */
  patch(path: string, patch: unknown): Promise<unknown>;
}

/** Which cluster is meant. */
export interface ClusterChoice {
  /** Context of the kubeconfig. There is no default: the current context may be anybody's production. */
  readonly context?: string;
  /** Path of the kubeconfig. @default - KUBECONFIG, or ~/.kube/config */
  readonly kubeconfig?: string;
}

/** An answer of the API server that is not what was asked for; the message is the server's own. */
export class ApiError extends Error {
  /** @param status of HTTP; 0 where there was no answer, or none that can be understood */
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/**
 * Connects to the cluster of a context.
 *
 * @throws InvalidInputError where no context is named, there is none of that name, the client library is not installed, or the
 * server can't be reached or does not know the user
 */
export async function connect(choice: ClusterChoice, load = loadClient): Promise<KubeApi> {
  const config = await kubeConfigOf(choice, load);
  const { context = '' } = choice;
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) {
    throw new InvalidInputError(
      `context "${context}"`,
      'its cluster is not in the kubeconfig',
      'Add the cluster to it',
    );
  }
  const options = await authenticated(config, context);
  const api: KubeApi = {
    get: (path) => send(new URL(path, server), options),
    patch: (path, patch) => send(new URL(path, server), options, patch),
  };
  try {
    await api.get('/version');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // Whoever may not ask for the release may still be allowed the rest.
    if (error.status !== 403) throw unusable(error, context, server);
  }
  return api;
}

async function loadClient() {
  return import('@kubernetes/client-node');
}

async function kubeConfigOf({ context, kubeconfig }: ClusterChoice, load: typeof loadClient): Promise<KubeConfig> {
  const { KubeConfig } = await load().catch((error: unknown) => {
    throw isNotInstalled(error)
      ? new InvalidInputError(
          '@kubernetes/client-node',
          'it is not installed, and this command needs it',
          'Run npm install --save-dev @kubernetes/client-node@1',
        )
      : error;
  });
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    const where = kubeconfig === undefined ? 'KUBECONFIG' : '--kubeconfig';
    throw new InvalidInputError(where, reasonOf(error), 'Name the file of a kubeconfig with --kubeconfig');
  }
  const known = config.getContexts().map(({ name }) => name);
  if (known.length === 0 || config.getCurrentCluster()?.server === NO_KUBECONFIG) {
    throw new InvalidInputError('kubeconfig', 'there is none, or it has no context', 'Name one with --kubeconfig');
  }
  if (context === undefined || !known.includes(context)) {
    const problem =
      context === undefined ? 'none is named, and the current one is not assumed' : `there is none called "${context}"`;
    throw new InvalidInputError('--context', problem, `Use one of: ${known.join(', ')}`);
  }
  config.setCurrentContext(context);
  return config;
}

/** What the client library assumes where it finds no kubeconfig at all. */
const NO_KUBECONFIG = 'http://localhost:8080';

/** What every request carries. */
interface Authenticated extends RequestOptions {
  readonly headers: OutgoingHttpHeaders;
}

/** The credentials, fetched once for all requests. */
async function authenticated(config: KubeConfig, context: string): Promise<Authenticated> {
  const options: Authenticated = { headers: {} };
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw new InvalidInputError(
      `context "${context}"`,
      `its credentials can't be had: ${reasonOf(error)}`,
      'Log in to the cluster again',
    );
  }
  if (options.agent instanceof Agent) options.agent.maxSockets = MAX_CONNECTIONS;
  return options;
}

async function send(url: URL, options: Authenticated, patch?: unknown): Promise<unknown> {
  const method = patch === undefined ? 'GET' : 'PATCH';
  const type = patch === undefined ? {} : { 'Content-Type': 'application/merge-patch+json' };
  const headers = { ...options.headers, ...type, Accept: 'application/json' };
  const { status, body } = await exchange(url, { ...options, method, headers }, JSON.stringify(patch)).catch(
    (error: unknown) => {
      throw new ApiError(0, `${method} ${url.pathname}: ${reasonOf(error)}`);
    },
  );
  const answer = parsed(body);
  if (status >= 300) {
    const { message } = kubernetesStatus.catch({ message: '' }).parse(answer);
    throw new ApiError(status, message === '' ? `${method} ${url.pathname}: HTTP status ${status}` : message);
  }
  return answer;
}

const kubernetesStatus = z.object({ message: z.string() });

function exchange(url: URL, options: RequestOptions, body?: string): Promise<{ status: number; body: string }> {
  return new Promise((done, failed) => {
    const request = url.protocol === 'https:' ? requestTls : requestPlain;
    const read = (response: IncomingMessage) => {
      text(response).then((content) => {
        done({ status: response.statusCode ?? 0, body: content });
      }, failed);
    };
    const sent = request(url, options, read).once('error', failed);
    const timer = setTimeout(
      () => sent.destroy(new Error(`no answer within ${TIMEOUT_SECONDS} s`)),
      TIMEOUT_SECONDS * 1000,
    );
    sent.once('close', () => {
      clearTimeout(timer);
    });
    sent.end(body);
  });
}

/** What is no JSON is not from Kubernetes, such as the page of a proxy. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Why a cluster can't be used at all. */
function unusable(error: ApiError, context: string, server: string): InvalidInputError {
  const [problem, remedy]: [string, string] =
    error.status === 401
      ? [`${server} does not know who you are (${error.message})`, 'Log in to the cluster again']
      : [`${server} can't be used (${error.message})`, 'Check the address in the kubeconfig, and the way there'];
  return new InvalidInputError(`context "${context}"`, problem, remedy);
}

function reasonOf(error: unknown): string {
  // Of several addresses that were tried, each has its own error, and the whole has no message.
  return messageOf(error instanceof AggregateError ? error.errors[0] : error);
}
