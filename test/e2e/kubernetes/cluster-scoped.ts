/** The volume that the tests make for Loki: nothing in their cluster makes volumes. */
export const LOG_VOLUME = 'autonomous-op-loki';

const prometheusRights = ['discovery', 'kubelet'].map((right) => `autonomous-op-prometheus-${right}`);

/** What is in the cluster for an environment and goes with none of its namespaces. */
export const clusterScoped: readonly string[] = [
  ...prometheusRights.flatMap((name) => [`clusterrole/${name}`, `clusterrolebinding/${name}`]),
  `persistentvolume/${LOG_VOLUME}`,
];
