/* The API server of a cluster, over the HTTP client of Kubernetes' own library. */

import type { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
import { z } from 'zod';
import { InvalidInputError, isNotInstalled, messageOf } from '../core/errors';

/** Time after which a request is given up. */
const TIMEOUT_SECONDS = 10;

/** What is asked of a Kubernetes API server. */
export interface KubeApi {
  /** @throws ApiError if it answers with anything but the object, or not in time */
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
  /** @param status of HTTP; 0 if there was no answer, or none that can be understood */
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

type Client = Awaited<ReturnType<typeof loadClient>>;

/**
 * Connects to the cluster of a context.
 *
 * @throws InvalidInputError if no context is named, there is none of that name, the client library is not installed, or the
 * server can't be reached or does not know the user
 */
export async function connect(choice: ClusterChoice, load = loadClient): Promise<KubeApi> {
  const client = await installed(load);
  const config = kubeConfigOf(client, choice);
  const where = `context "${choice.context ?? ''}"`;
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) {
    throw new InvalidInputError(where, 'its cluster is not in the kubeconfig', 'Add the cluster to it');
  }
  const api = apiOf(client, server, await credentialsOf(client, config, server, where));
  try {
    await api.get('/version');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // Whoever may not ask for the release may still be allowed the rest.
    if (error.status !== 403) throw unusable(error, where, server);
  }
  return api;
}

async function loadClient() {
  return import('@kubernetes/client-node');
}

async function installed(load: typeof loadClient): Promise<Client> {
  return load().catch((error: unknown) => {
    if (!isNotInstalled(error)) throw error;
    const remedy = 'Run npm install --save-dev @kubernetes/client-node@1';
    throw new InvalidInputError('@kubernetes/client-node', 'it is not installed, and this command needs it', remedy);
  });
}

function kubeConfigOf(client: Client, { context, kubeconfig }: ClusterChoice): KubeConfig {
  const config = new client.KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    const where = kubeconfig === undefined ? 'KUBECONFIG' : '--kubeconfig';
    throw new InvalidInputError(where, messageOf(error), 'Name the file of a kubeconfig with --kubeconfig');
  }
  const known = config.getContexts().map(({ name }) => name);
  if (known.length === 0 || config.getCurrentCluster()?.server === NO_KUBECONFIG) {
    throw new InvalidInputError('kubeconfig', 'there is none, or it has no context', 'Name one with --kubeconfig');
  }
  if (context === undefined || !known.includes(context)) {
    const problem =
      context === undefined ? 'none is named, and the current one is not assumed' : `there is no context "${context}"`;
    throw new InvalidInputError('--context', problem, `Use one of: ${known.join(', ')}`);
  }
  config.setCurrentContext(context);
  return config;
}

/** What the client library assumes if it finds no kubeconfig at all. */
const NO_KUBECONFIG = 'http://localhost:8080';

/** What every request carries: fetched once, as a program may make it. */
type Credentials = Pick<RequestContext, 'getHeaders' | 'getAgent'>;

async function credentialsOf(client: Client, config: KubeConfig, server: string, where: string): Promise<Credentials> {
  try {
    const request = new client.RequestContext(server, client.HttpMethod.GET);
    await config.applySecurityAuthentication(request);
    return request;
  } catch (error) {
    throw new InvalidInputError(
      where,
      `its credentials can't be read: ${messageOf(error)}`,
      'Log in to the cluster again',
    );
  }
}

function apiOf(client: Client, server: string, credentials: Credentials): KubeApi {
  const { httpApi } = client.createConfiguration();
  const requestTo = (path: string, method: HttpMethod) => {
    const request = new client.RequestContext(`${server.replace(/\/$/, '')}${path}`, method);
    for (const [name, value] of Object.entries(credentials.getHeaders())) request.setHeaderParam(name, value);
    const agent = credentials.getAgent();
    if (agent !== undefined) request.setAgent(agent);
    request.setSignal(AbortSignal.timeout(TIMEOUT_SECONDS * 1000));
    return request;
  };
  const send = async (request: RequestContext) => {
    const what = `${request.getHttpMethod()} ${new URL(request.getUrl()).pathname}`;
    const { status, text } = await httpApi
      .send(request)
      .toPromise()
      .then(async ({ httpStatusCode, body }) => ({ status: httpStatusCode, text: await body.text() }))
      .catch((error: unknown) => {
        throw new ApiError(0, `${what}: ${reasonOf(error)}`);
      });
    return answerOf(what, status, text);
  };
  return {
    get: (path) => send(requestTo(path, client.HttpMethod.GET)),
    patch: (path, patch) => {
      const request = requestTo(path, client.HttpMethod.PATCH);
      request.setHeaderParam('Content-Type', 'application/merge-patch+json');
      request.setBody(JSON.stringify(patch));
      return send(request);
    },
  };
}

const kubernetesStatus = z.object({ message: z.string().min(1) });

/** A body that is not JSON is not from the API server, but from a proxy, say. */
function answerOf(what: string, status: number, text: string): unknown {
  const answer = jsonOf(text);
  if (status < 300) return answer;
  throw new ApiError(status, kubernetesStatus.safeParse(answer).data?.message ?? `${what}: HTTP status ${status}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Why a cluster can't be used at all. */
function unusable(error: ApiError, where: string, server: string): InvalidInputError {
  const [problem, remedy]: [string, string] =
    error.status === 401
      ? [`${server} does not know who you are (${error.message})`, 'Log in to the cluster again']
      : [`${server} can't be used (${error.message})`, 'Check the address in the kubeconfig, and the way there'];
  return new InvalidInputError(where, problem, remedy);
}

/** Without the address, which `what` has; of several addresses that were tried only the code of the error is known. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'AbortError') return `no answer within ${TIMEOUT_SECONDS} s`;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = messageOf(error).replace(/^request to .* failed, reason: /, '');
  return reason === '' ? code : reason;
}
