import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { consumerGroup, topics } from '../../../src/autonomous-op/scaling';
import { brokerHost } from '../kafka/broker';
import { kafkaClassPath } from '../kafka/jars';
import { get, kubectl, namespace, remove, synthesize, tryKubectl } from '../kubernetes/kubectl';
import { folder } from './aop';
import { serveIdlePods } from './idle-pods';
import { LoopbackKafka } from './loopback-kafka';
import { startOperator, whyNot } from './operators';
import { Load, RecordedPrometheus } from './recorded-prometheus';
import { ScaledWorkload, untilSo } from './scaled-object';

const reason = whyNot(
  { path: '/usr/bin/prometheus', debian: 'prometheus' },
  { path: '/usr/bin/mvn', debian: 'maven' },
  { path: '/usr/bin/java', debian: 'openjdk-17-jdk-headless' },
);
if (reason !== undefined) console.warn(`the tests with KEDA are skipped: ${reason}`);

/** Where Kafka and Prometheus answer: nothing else of this machine has their ports at this address. */
const ADDRESS = '127.0.0.2';
const names = ['kafka.autonomous-op.svc', 'prometheus.autonomous-op.svc', brokerHost(0)];

/** Less than what one pod is good for. */
const calm: Load = { requests: 100, inferences: 100 };

const telemetry = topics.vehicleTelemetry.name;

describe.skipIf(reason !== undefined)('KEDA, acting on production', () => {
  const prometheus = new RecordedPrometheus(ADDRESS, folder);
  const autonomousOp = new ScaledWorkload('autonomous-op');
  const mlService = new ScaledWorkload('ml-service');
  let dist = '';
  let kafka: LoopbackKafka | undefined;
  let password = '';
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    dist = await synthesize('production');
    const hosts = join(folder, 'hosts');
    writeFileSync(hosts, ['127.0.0.1 localhost', ...names.map((name) => `${ADDRESS} ${name}`), ''].join('\n'));
    for (const name of ['00-foundation', '01-secrets']) await kubectl('apply', '-f', join(dist, `${name}.k8s.yaml`));
    const credentials = await kafkaCredentials();
    ({ password } = credentials);
    const place = { address: ADDRESS, hosts, folder: join(folder, 'kafka') };
    kafka = await LoopbackKafka.start({ ...place, user: credentials, classPath: kafkaClassPath(folder) });
    await kafka.consumed(consumerGroup, Object.values(topics));
    await prometheus.have(calm);
    stops.push(await startOperator('keda', hosts), await serveIdlePods());
    await kubectl('apply', '-f', dist);
  });

  afterAll(async () => {
    await remove(dist);
    for (const stop of stops) await stop();
    await Promise.all([kafka?.end(), prometheus.end()]);
  });

  it('logs in to Kafka, and reads every metric', async () => {
    await Promise.all([autonomousOp, mlService].map((workload) => workload.untilReady('True')));
    for (const workload of [autonomousOp, mlService]) {
      const metrics = await workload.externalMetrics();
      expect(metrics).not.toEqual([]);
      for (const metric of metrics) {
        await untilSo(async () => {
          expect(await workload.answer(metric)).toContain('"value"');
        });
      }
    }
  });

  it('keeps 3 pods of autonomous-op if nothing lags', () => autonomousOp.untilScaled(3));

  it('has 5 pods if 4500 messages of telemetry wait', async () => {
    await kafka?.write(telemetry, 4500);
    await autonomousOp.untilScaled(5);
  });

  it('has 7 pods if 6800 requests come each second', async () => {
    expect(await autonomousOp.replicas()).toBe(5);
    await prometheus.have({ ...calm, requests: 6800 });
    await autonomousOp.untilScaled(7);
  });

  it('has 4 pods of ml-service if it is asked 1800 times each second', async () => {
    await prometheus.have({ requests: 6800, inferences: 1800 });
    await mlService.untilScaled(4);
  });

  it('leaves no difference for kubectl diff', async () => {
    expect(await tryKubectl(['diff', '-f', dist])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  describe('if Kafka goes away, and a wrong password is in the Secret when it comes back', () => {
    const [lag, requests] = [`s0-kafka-${telemetry}`, 's2-prometheus-http_requests_per_second'];

    it('says that it is not ready and names the trigger', async () => {
      await setPassword('wrong'); // KEDA does not ask for it before it has to connect.
      await kafka?.end();
      await autonomousOp.untilTrigger(lag, 'Failing');
      await autonomousOp.untilReady('False');
    });

    it('reads none of the other triggers of the ScaledObject either', async () => {
      await untilSo(async () => {
        expect(await autonomousOp.answer(requests)).toContain('client has run out of available brokers');
      });
    });

    it('is refused by Kafka, counts the errors for its alert, and takes no pod away', async () => {
      await kafka?.begin();
      await untilSo(async () => {
        expect(await autonomousOp.answer(lag)).toMatch(REFUSED);
      });
      const errors = await errorsOf('autonomous-op-keda');
      await autonomousOp.keeps(7);
      expect(await errorsOf('autonomous-op-keda')).toBeGreaterThan(errors);
      await autonomousOp.untilReady('False');
    });

    it('is ready again with the right one, and nobody has to restart it', async () => {
      await setPassword(password);
      await autonomousOp.untilReady('True');
      await untilSo(async () => {
        expect(await autonomousOp.answer(lag)).toContain('"value":"4500"');
      });
      await autonomousOp.keeps(7);
    });
  });

  it('takes the pods away after the load, but not before the window is over', async () => {
    await kafka?.consumed(consumerGroup, Object.values(topics));
    await prometheus.have(calm);
    // The emitted window is minutes: within it nothing happens. To see its end, it is made a short one.
    await autonomousOp.keeps(7);
    await Promise.all([autonomousOp, mlService].map((workload) => workload.setScaleDownWindow(5)));
    await autonomousOp.untilScaled(3);
    await mlService.untilScaled(2);
  });
});

/** Where the shared tool has KEDA's operator serve its own metrics. */
const KEDA_METRICS = 'http://127.0.0.1:19083/metrics';

/** How it looks to KEDA 2.11 that a broker refuses its login: the broker hangs up. */
const REFUSED = /client has run out of available brokers to talk to: EOF/;

const secret = z.object({ data: z.record(z.string(), z.string()) });

async function kafkaCredentials(): Promise<{ name: string; password: string }> {
  const { data } = await get(secret, 'secret/autonomous-op-secrets');
  const decoded = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString();
  return { name: decoded('spring.kafka.username'), password: decoded('spring.kafka.password') };
}

async function setPassword(password: string): Promise<void> {
  const patch = JSON.stringify({ stringData: { 'spring.kafka.password': password } });
  await kubectl('patch', 'secret/autonomous-op-secrets', '--namespace', namespace, `--patch=${patch}`);
}

/** What alert KedaScalerErrors looks at. */
async function errorsOf(scaledObject: string): Promise<number> {
  const metrics = await (await fetch(KEDA_METRICS)).text();
  const sample = new RegExp(`^keda_scaled_object_errors{.*scaledObject="${scaledObject}".*} (\\d+)$`, 'm');
  return Number(sample.exec(metrics)?.[1]);
}
