/* What a container asks of its node, with defaults of each construct's own, and what a claim asks of the storage. */

import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { defined } from '../../core/defined';
import { ContainerSize, requireContainerSize, requireStorageSize } from '../../core/quantities';
import { requireDnsSubdomain, requireText } from '../../core/validation';

/** What a pod's container asks of its node. The defaults are each construct's. */
export interface ResourceProps {
  /** CPU reserved per pod. @default - as the construct says */
  readonly cpuRequest?: Cpu;
  /** CPU a pod may use. @default - as the construct says */
  readonly cpuLimit?: Cpu;
  /** Memory reserved per pod. @default - as the construct says */
  readonly memoryRequest?: Size;
  /** Memory a pod may use. @default - as the construct says */
  readonly memoryLimit?: Size;
}

/** The size that the props ask for, and the defaults for the rest. Fails if a request is nothing or greater than its limit. */
export function sizeOf(where: string, props: ResourceProps, defaults: ContainerSize): ContainerSize {
  const { cpuRequest, cpuLimit, memoryRequest, memoryLimit } = props;
  return requireContainerSize(where, {
    ...defaults,
    ...defined({ cpuRequest, cpuLimit, memoryRequest, memoryLimit }),
  });
}

/** The class of a volume, if one is named. Fails if it is empty or cannot name one. */
export function storageClassOf(where: string, name: string | undefined): string | undefined {
  return name === undefined ? undefined : requireDnsSubdomain(where, requireText(where, 'storageClass', name));
}

/**
 * The spec of a claim that one pod writes to.
 *
 * @param quantity makes the size, in the types of an operator's custom resource
 * @throws InvalidInputError if the size is nothing, or the class cannot name one
 */
export function claimSpec<Q>(
  where: string,
  size: Size,
  storageClass: string | undefined,
  quantity: (text: string) => Q,
) {
  return {
    accessModes: ['ReadWriteOnce'],
    ...defined({ storageClassName: storageClassOf(where, storageClass) }),
    resources: { requests: { storage: quantity(requireStorageSize(where, 'storageSize', size)) } },
  };
}
