import { ApiObject, App, Chart, Duration, JsonPatch } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { AutonomousOpService, KedaScaler, Trigger } from '../../src';
import { scaledServices } from '../../src/capacity/scaled-service';
import { deploymentOf } from '../../src/cli/options';
import { serviceWith } from './services';

describe('a scaled service', () => {
  it('has of the manifests what the controller and the kubelet read there', () => {
    const [gateway, autonomousOp, , , , mlService] = scaledServices(deploymentOf('production'));
    const upAtOnce = { stabilizationWindowSeconds: 0, selectPolicy: 'Max' };
    expect(autonomousOp?.behavior.scaleUp).toMatchObject(upAtOnce);
    expect(gateway?.behavior.scaleUp.stabilizationWindowSeconds).toBe(300);
    expect([gateway, autonomousOp, mlService].map((each) => each?.readinessDelay)).toEqual([30, 30, 60]);
    expect(mlService?.gpu).toMatchObject({ count: 1, pool: { gpus: 8 } });
    expect(gateway?.gpu).toBeUndefined();
  });

  it('reads each load as the query of its trigger does', () => {
    const triggers = scaledServices(deploymentOf('production')).flatMap((service) => service.triggers);
    const measured = Object.fromEntries(triggers.map((trigger) => [trigger.load.name, trigger.measured]));
    expect(measured).toMatchObject({
      http_requests_per_second: { over: 'average', seconds: 120 },
      gpu_utilization: { over: 'minimum', seconds: 180 },
      'lag.vehicle-telemetry': { seconds: 0 },
      'fms.cpu': { seconds: 0 },
    });
  });

  it('should have as much of cpu and memory as its request says', () => {
    const { triggers } = serviceWith({ minReplicas: 1, maxReplicas: 2, perPod: 1 });
    // 70 % of half a CPU
    expect(triggers.find(({ load }) => load.name === 'orders.cpu')).toMatchObject({ perPod: 0.35, utilization: 70 });
    const memory = scaledServices(deploymentOf('production'))[1]?.triggers.at(-1);
    expect(memory).toMatchObject({ load: { name: 'autonomous-op.memory', unit: ' GiB' }, perPod: 1.6 });
  });

  it('has the behaviour that a patch gives its HPA', () => {
    const chart = new Chart(new App(), 'shop', { namespace: 'shop' });
    const target = new AutonomousOpService(chart, 'cart', { image: 'acme/cart:1.0.0' });
    const scaler = new KedaScaler(chart, 'scaling', {
      ...{ target, minReplicas: 1, maxReplicas: 9, triggers: [Trigger.cpu(70)] },
      scaleDownWindow: Duration.minutes(2),
    });
    const policies = [{ type: 'Pods', value: 1, periodSeconds: 60 }];
    const [hpa] = scaler.node.children.filter(ApiObject.isApiObject);
    hpa?.addJsonPatch(JsonPatch.add('/spec/behavior/scaleDown/policies', policies));
    expect(scaledServices(chart)[0]?.behavior.scaleDown).toEqual({
      ...{ stabilizationWindowSeconds: 120, selectPolicy: 'Max', policies },
    });
  });
});
