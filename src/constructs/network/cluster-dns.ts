/* The cluster's DNS, which every pod needs before it can reach anything by name. */
import { Endpoint } from './peer';
import { Port } from './port';

/** The cluster's DNS, as kubeadm and the clouds run it: CoreDNS kept the label of its predecessor. Long answers come by TCP. */
export const clusterDns = Endpoint.inCluster('kube-dns', {
  namespace: 'kube-system',
  labels: { 'k8s-app': 'kube-dns' },
  ports: { dns: Port.udp(53), 'dns-tcp': Port.tcp(53) },
});
