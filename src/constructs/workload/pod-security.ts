/* The pods' part of Pod Security `restricted`, and how they spread over zones and nodes. */

import { k8s } from 'cdk8s-plus-27';
import { NODE_LABEL, ZONE_LABEL } from '../../core/names';

/** Any user but root will do: the containers write to /tmp only. */
const NON_ROOT_ID = 10001;

/** What the scheduler does with a pod that would make the zones uneven: leave it pending, or place it all the same. */
export type ZoneSpread = 'DoNotSchedule' | 'ScheduleAnyway';

/** The pod's part of Pod Security `restricted`, with the /tmp that {@link restrictedContainer} mounts. */
export function restrictedPod() {
  return {
    securityContext: {
      runAsNonRoot: true,
      runAsUser: NON_ROOT_ID,
      runAsGroup: NON_ROOT_ID,
      fsGroup: NON_ROOT_ID,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumes: [{ name: 'tmp', emptyDir: { sizeLimit: k8s.Quantity.fromString('256Mi') } }],
  } satisfies Partial<k8s.PodSpec>;
}

/** The container's part of Pod Security `restricted`, on a read-only root file system. */
export function restrictedContainer() {
  return {
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  } satisfies Partial<k8s.Container>;
}

/** Keeps the pods of a Deployment apart: over zones as `zoneSpread` says, over the nodes of a zone if it can be done. */
export function spreadOver(
  labels: Readonly<Record<string, string>>,
  zoneSpread: ZoneSpread,
): k8s.TopologySpreadConstraint[] {
  // Each roll-out counts its own pods, or the old ones would decide where the new ones go.
  const matchLabelKeys = ['pod-template-hash'];
  return spreadStateful(labels, zoneSpread).map((constraint) => ({ ...constraint, matchLabelKeys }));
}

/** The same for pods that are replaced one by one, as those of a StatefulSet. */
export function spreadStateful(labels: Readonly<Record<string, string>>, zoneSpread: ZoneSpread) {
  const evenly = (topologyKey: string, whenUnsatisfiable: ZoneSpread) =>
    ({
      topologyKey,
      whenUnsatisfiable,
      maxSkew: 1,
      labelSelector: { matchLabels: { ...labels } },
      // Nodes that these pods may not use (GPU, cordoned, lost) don't count as empty places to fill first.
      nodeTaintsPolicy: 'Honor',
    }) satisfies k8s.TopologySpreadConstraint;
  return [evenly(ZONE_LABEL, zoneSpread), evenly(NODE_LABEL, 'ScheduleAnyway')];
}
