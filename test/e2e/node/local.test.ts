import { afterAll, beforeAll, describe, expect, inject } from 'vitest';
import { kubectl, noCluster, tryKubectl } from '../kubernetes/kubectl';
import { Issuer } from '../programs/issuer';
import { certificate, keycloakHost, privateKey } from './certificate';
import { itConnects } from './connections';
import { itIsDrained } from './drain';
import { playJaegerOperator } from './jaeger';
import { startKubeStateMetrics } from './kube-state-metrics';
import { itLeads } from './links';
import { RESERVED, startKeda, startPrometheusOperator } from './operators';
import { itShows } from './queries';
import { itRecovers } from './recovery';
import { itServes } from './request';
import { itScales } from './scaling';
import { itStarts } from './start';

/** Where this machine is to the nodes; outside the cluster to the pods. */
const MACHINE = '172.30.0.1';

const keycloak = new Issuer(`https://${keycloakHost}/realms/autonomous-op`, () => ({
  certificate: certificate(),
  privateKey: privateKey(),
}));

describe.skipIf(noCluster)('local on real nodes', () => {
  beforeAll(async () => {
    // The others are for more than one node, and for what is not of `local`.
    await kubectl('taint', 'nodes', 'real-2', 'real-3', '--overwrite', `${RESERVED}=true:NoSchedule`);
    await keycloak.start(MACHINE);
    const hosts = JSON.stringify({ data: { hosts: `${MACHINE} ${keycloakHost}\n` } });
    await kubectl('patch', 'configmap', 'coredns', '--namespace=kube-system', `--patch=${hosts}`);
    await Promise.all([startPrometheusOperator(), startKeda(), startKubeStateMetrics()]);
    const { code, stdout, stderr } = await tryKubectl(['apply', '-f', inject('local')]);
    expect({ code, stderr, stdout: stdout === '' }).toEqual({ code: 0, stderr: '', stdout: false });
    await playJaegerOperator();
  }, 600_000);
  afterAll(() => {
    keycloak.stop();
  });

  describe('starts: it', () => {
    itStarts();
  });

  describe('connects: it', () => {
    itConnects();
    describe('a mission', () => {
      itServes(keycloak);
    });
    describe('a panel', () => {
      itShows(keycloak);
    });
    describe('a link', () => {
      itLeads();
    });
  });

  describe('scales: it', () => {
    itScales();
  });

  describe('is drained: it', () => {
    itIsDrained();
  });

  describe('a killed store', () => {
    itRecovers();
  });
});
