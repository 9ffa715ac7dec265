import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { Endpoint } from '../../../src/constructs/network/peer';
import { GrafanaServer } from '../../../src/constructs/observability/grafana-server';
import { PromtailLogging } from '../../../src/constructs/observability/promtail-logging';
import { secretKey } from '../../../src/core/secrets';
import { anyObject, newChart, objectOf } from '../../synthesize';
import { entriesOf, stage } from './log-pipeline';

// From a line of a container to what Loki has of it, and on to the trace: Promtail's stages and Grafana's expression, as emitted.

const loki = Endpoint.inCluster('loki', { labels: { app: 'loki' }, port: 3100 });

const logging = new PromtailLogging(newChart(), 'promtail', {
  namespace: 'shop-logging',
  loki,
  apiServer: Endpoint.external('kubernetes.default.svc', { port: 443, cidrs: ['10.0.0.0/28'] }),
});

const configuration = z.object({ scrape_configs: z.tuple([z.object({ pipeline_stages: z.array(stage) })]) });

const stages = configuration.parse(parse(objectOf(logging, 'ConfigMap', anyObject).data?.['promtail.yaml'] ?? ''))
  .scrape_configs[0].pipeline_stages;

const grafana = new GrafanaServer(newChart(), 'grafana', {
  prometheus: Endpoint.inCluster('prometheus', { labels: { app: 'prometheus' }, port: 9090 }),
  loki,
  jaegerQuery: Endpoint.inCluster('jaeger-query', { labels: { app: 'jaeger' }, port: 16686 }),
  adminUser: secretKey('grafana', 'user'),
  adminPassword: secretKey('grafana', 'password'),
});

const dataSources = z.object({
  datasources: z.tuple([
    z.unknown(),
    z.object({
      uid: z.literal('loki'),
      jsonData: z.object({ derivedFields: z.tuple([z.object({ matcherRegex: z.string() })]) }),
    }),
    z.unknown(),
  ]),
});

const provisioning = objectOf(grafana, 'ConfigMap', anyObject, 'grafana-provisioning').data ?? {};
const [derivedField] = dataSources.parse(parse(provisioning['datasources.yaml'] ?? '')).datasources[1].jsonData
  .derivedFields;

/** What Grafana finds in a line: the first group of the derived field's expression. */
const traceIdOf = (line: string) => new RegExp(derivedField.matcherRegex).exec(line)?.[1];

/** As containerd writes a line. */
const record = (content: string, flag = 'F') => `2024-05-01T12:00:00.123456789Z stdout ${flag} ${content}`;
const entries = (...lines: readonly string[]) =>
  entriesOf(
    stages,
    lines.map((line) => record(line)),
  );
const levelOf = (line: string) => entries(line)[0]?.labels['level'];

const id = '4bf92f3577b34da6a3ce929d0e0e4736';
const span = '00f067aa0ba902b7';

/** What the JVM writes of an exception, with all that can be in it. */
const stackTrace = [
  'java.lang.IllegalStateException: no route to the vehicle',
  '\tat com.nodeorb.Dispatcher.send(Dispatcher.java:42) ~[app.jar:1.0]',
  '\tSuppressed: java.io.IOException: closed',
  '\t\tat com.nodeorb.Link.close(Link.java:7)',
  'Caused by: java.net.ConnectException: Connection refused',
  '\tat java.base/sun.nio.ch.Net.connect0(Native Method)',
  '\t... 20 common frames omitted',
  '',
  'com.nodeorb.Fleet$VehicleLostException',
  '\tat com.nodeorb.Fleet.find(Fleet.java:9)',
];

/** The same, as JSON has it. */
const escaped = JSON.stringify(stackTrace.join('\n'));

/** An error with its exception, in each format that Spring Boot writes by itself or by the usual encoders. */
const errors: readonly (readonly [string, readonly string[]])[] = [
  [
    'the text of Spring Boot 3.2 to 4',
    [
      `2026-11-30T12:00:00.123Z ERROR 1 --- [fms] [nio-8080-exec-1] [${id}-${span}] c.n.Dispatcher : Sending failed`,
      ...stackTrace,
    ],
  ],
  [
    'the text of Spring Boot 3.0 and 3.1 with the pattern for traces that its documentation gives',
    [`2023-01-30T12:00:00.123Z ERROR [fms,${id},${span}] 1 --- [main] c.n.Dispatcher : Sending failed`, ...stackTrace],
  ],
  [
    'the text of Spring Boot 2.7 with Sleuth',
    [`2022-01-30 12:00:00.123 ERROR [fms,${id},${span}] 1 --- [main] c.n.Dispatcher : Sending failed`, ...stackTrace],
  ],
  [
    'ECS of the ecs-logging library',
    [
      `{"@timestamp":"2026-11-30T12:00:00.123Z","log.level":"ERROR","message":"Sending failed","ecs.version":"1.2.0","service.name":"fms","trace.id":"${id}","span.id":"${span}","error.type":"java.lang.IllegalStateException","error.stack_trace":${escaped}}`,
    ],
  ],
  [
    'ECS of Spring Boot 3.4',
    [
      `{"@timestamp":"2026-11-30T12:00:00.123Z","log.level":"ERROR","process.pid":1,"process.thread.name":"main","service.name":"fms","log.logger":"c.n.Dispatcher","message":"Sending failed","traceId":"${id}","spanId":"${span}","error.type":"java.lang.IllegalStateException","error.stack_trace":${escaped},"ecs.version":"8.11"}`,
    ],
  ],
  [
    'ECS of Spring Boot 3.5 and 4',
    [
      `{"@timestamp":"2026-11-30T12:00:00.123Z","log":{"level":"ERROR","logger":"c.n.Dispatcher"},"process":{"pid":1,"thread":{"name":"main"}},"service":{"name":"fms","node":{}},"message":"Sending failed","traceId":"${id}","spanId":"${span}","error":{"type":"java.lang.IllegalStateException","message":"no route","stack_trace":${escaped}},"ecs":{"version":"8.11"}}`,
    ],
  ],
  [
    'logstash of Spring Boot 3.4 to 4, and of logstash-logback-encoder',
    [
      `{"@timestamp":"2026-11-30T12:00:00.123Z","@version":"1","message":"Sending failed","logger_name":"c.n.Dispatcher","thread_name":"main","level":"ERROR","level_value":40000,"traceId":"${id}","spanId":"${span}","stack_trace":${escaped}}`,
    ],
  ],
  [
    'GELF of Spring Boot 3.4 to 4',
    [
      `{"version":"1.1","short_message":"Sending failed","timestamp":1764504000.123,"level":3,"_level_name":"ERROR","_process_pid":1,"_process_thread_name":"main","host":"fms","_log_logger":"c.n.Dispatcher","_traceId":"${id}","_spanId":"${span}","full_message":${escaped}}`,
    ],
  ],
  [
    'the JSON of Logback itself',
    [
      `{"sequenceNumber":0,"timestamp":1764504000123,"nanoseconds":123000000,"level":"ERROR","threadName":"main","loggerName":"c.n.Dispatcher","mdc":{"traceId":"${id}","spanId":"${span}"},"message":"Sending failed","throwable":{"className":"java.lang.IllegalStateException","stepArray":[]}}`,
    ],
  ],
  [
    'logfmt, as programs written in Go write it',
    [
      `ts=2026-11-30T12:00:00.123Z caller=dispatcher.go:42 level=error traceID=${id} msg="Sending failed" err="no route"`,
    ],
  ],
];

const after =
  '2026-11-30T12:00:01.000Z  INFO 1 --- [fms] [main] [                                                 ] c.n.Cart : Sent';

describe.each(errors)('an error in %s', (_, lines) => {
  const [error, next, ...more] = entries(...lines, after);

  test('is one entry, with its stack trace', () => {
    const text = (each: readonly string[]) => each.map((line) => line.trim());
    expect(text(error?.line.split('\n') ?? [])).toEqual(text(lines));
    expect([next?.line, ...more]).toEqual([after]);
  });

  test('has its level, in capital letters', () => {
    expect(error?.labels).toEqual({ stream: 'stdout', level: 'ERROR' });
  });

  test('leads to its trace', () => {
    expect(traceIdOf(error?.line ?? '')).toBe(id);
    expect(traceIdOf(next?.line ?? '')).toBeUndefined();
  });
});

describe('a line', () => {
  test.each([
    ...['Cannot connect', 'C', 'Caused', 'Cause: none', '10.0.0.1 - - "GET / HTTP/1.1" 200', 'I0501 1 x.go:1]'],
    ...['Exception', 'An Exception: none', 'com.nodeorb.Fleet: found', 'java.lang.Exceptional: none'],
  ])('begins an entry with %s', (line) => {
    expect(entries('before', line).map((entry) => entry.line)).toEqual(['before', line]);
  });

  test('is one entry with all frames of a StackOverflowError', () => {
    const frames = Array.from({ length: 1024 }, () => '\tat com.nodeorb.Loop.again(Loop.java:3)');
    expect(entries('before', 'java.lang.StackOverflowError', ...frames, 'after')).toHaveLength(2);
  });

  test('is put together from the parts that the runtime writes, and cut off if it never ends', () => {
    const part = 'x'.repeat(16 * 1024);
    const long = Array.from({ length: 4 }, () => record(part, 'P'));
    const endless = Array.from({ length: 40 }, () => record(part, 'P'));
    const lengths = (lines: readonly string[]) => entriesOf(stages, lines).map(({ line }) => line.length);
    expect(lengths([...long, record('end')])).toEqual([4 * part.length + 3]);
    expect(lengths([...endless, record('end')])).toEqual([256 * 1024]);
  });

  test.each([
    ['2024-05-01T12:00:00.123+02:00  WARN 1 --- [main] c.n.Cart : Slow', 'WARN'],
    ['2024-05-01 12:00:00.123  INFO 1 --- [main] c.n.Cart : Started', 'INFO'],
    ['12:00:00.123 [main] DEBUG c.n.Cart - Looking', 'DEBUG'],
    ['WARNING: something', 'WARNING'],
    ['{"timestamp":"2024-05-01T12:00:00Z","level":"ERROR","traceId":"4bf92f","message":"an INFO"}', 'ERROR'],
    ['{"log.level": "warn", "message": "from ECS"}', 'WARN'],
    ['{"log":{"logger":"c.n.Cart","level":"WARN"},"message":"of ECS"}', 'WARN'],
    ['ts=2024-05-01T12:00:00Z caller=main.go:7 level=info msg="Server is ready"', 'INFO'],
    ['level=error msg="level=debug"', 'ERROR'],
    ['2024-05-01T12:00:00.123Z  INFO 1 --- [main] c.n.Cart : got {"level":"ERROR"}', 'INFO'],
    ['a text with level=error inside', undefined],
    ['{"message":"a text with \\"level\\":\\"ERROR\\" inside"}', undefined],
    ['{"level":"user-4711"}', undefined],
    ['{"level":6,"short_message":"of GELF"}', undefined],
    ['INFORMATION about nothing', undefined],
    ['a line that says nothing of its ERROR', undefined],
  ])('has from %s the level %s', (line, level) => {
    expect(levelOf(line)).toBe(level);
  });

  test.each([
    ['the traceId: none was found', undefined],
    [`the order ${id} is sold`, undefined],
    [`{"trace_id": "${id}"}`, id],
    [`traceId=${id} done`, id],
  ])('has from %s the trace id %s', (line, found) => {
    expect(traceIdOf(line)).toBe(found);
  });
});
