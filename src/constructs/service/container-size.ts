/* What a service's pod asks of its node, if its props say nothing or a part. */

import { Size, SizeRoundingBehavior } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { ContainerSize, milliCpu } from '../../core/quantities';
import { ResourceProps } from '../workload/resources';

/** 500m CPU and 1 GiB by default; a limit that is left out is twice the request. */
export function containerSize(props: ResourceProps): ContainerSize {
  const cpuRequest = props.cpuRequest ?? Cpu.millis(500);
  const memoryRequest = props.memoryRequest ?? Size.gibibytes(1);
  return {
    cpuRequest,
    cpuLimit: props.cpuLimit ?? Cpu.millis(milliCpu(cpuRequest) * 2),
    memoryRequest,
    memoryLimit:
      props.memoryLimit ?? Size.kibibytes(memoryRequest.toKibibytes({ rounding: SizeRoundingBehavior.NONE }) * 2),
  };
}
