import { z } from 'zod';
import { Commands } from './commands';
import { ApiError, KubeApi } from './kube-api';

const text = z.record(z.string(), z.string());

/** What every object has. */
export const metadata = z.object({
  name: z.string(),
  namespace: z.string().default(''),
  labels: text.default({}),
  annotations: text.default({}),
  resourceVersion: z.string().default(''),
  deletionTimestamp: z.string().optional(),
});

/** A condition of a status. */
export const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
});

const conditions = z.array(condition).default([]);

const taint = z.object({ key: z.string(), value: z.string().optional(), effect: z.string() });

export const node = z.object({
  metadata,
  // Loose, as a patch of the taints writes all of them back: `timeAdded` among their fields.
  spec: z.object({ taints: z.array(taint.loose()).default([]), unschedulable: z.boolean().default(false) }),
  status: z.object({ allocatable: text.default({}), conditions }),
});

/** A node. */
export type Node = z.output<typeof node>;

const container = z.object({
  image: z.string().default(''),
  env: z.array(z.object({ name: z.string(), value: z.string().default('') })).default([]),
  resources: z.object({ requests: text.default({}) }).default({ requests: {} }),
});

const pod = z.object({
  metadata,
  spec: z.object({ nodeName: z.string().default(''), containers: z.array(container) }),
  status: z.object({ phase: z.string().default(''), conditions }),
});

/** A pod. */
export type Pod = z.output<typeof pod>;

/** Number of objects that are asked for at once. */
const PAGE = 500;

/** A cluster, read once: whatever is asked for again comes from memory. */
export class Cluster {
  private readonly reads = new Map<string, Promise<unknown>>();

  constructor(
    private readonly api: KubeApi,
    readonly commands: Commands,
  ) {}

  /** @throws ApiError if it is not there, or can't be read */
  async read<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>> {
    const result = this.reads.get(path) ?? this.api.get(path);
    this.reads.set(path, result);
    const parsed = schema.safeParse(await result);
    if (!parsed.success) {
      throw new ApiError(0, `${path} has an unexpected form: ${parsed.error.issues[0]?.message ?? ''}`);
    }
    return parsed.data;
  }

  /** The same; undefined if it is not there. */
  async find<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T> | undefined> {
    try {
      return await this.read(path, schema);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** The objects of a collection. */
  async list<T extends z.ZodType>(path: string, item: T): Promise<z.output<T>[]> {
    const page = z.object({
      items: z.array(item),
      metadata: z.object({ continue: z.string().default('') }).default({ continue: '' }),
    });
    const items: z.output<T>[] = [];
    let next = '';
    do {
      const found = await this.read(`${path}?limit=${PAGE}${next}`, page);
      items.push(...found.items);
      next = found.metadata.continue === '' ? '' : `&continue=${encodeURIComponent(found.metadata.continue)}`;
    } while (next !== '');
    return items;
  }

  nodes(): Promise<Node[]> {
    return this.list('/api/v1/nodes', node);
  }

  /** The pods of all namespaces that have not ended. */
  async pods(): Promise<Pod[]> {
    const all = await this.list('/api/v1/pods', pod);
    return all.filter(({ status }) => status.phase !== 'Succeeded' && status.phase !== 'Failed');
  }
}

/** Whether a condition of this type holds. */
export function holds(status: { readonly conditions: readonly z.output<typeof condition>[] }, type: string): boolean {
  return status.conditions.some((each) => each.type === type && each.status === 'True');
}

/** Whether it has all of these labels. */
export function hasLabels(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}
