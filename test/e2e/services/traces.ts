/* What Jaeger's collector would receive: spans by OTLP over HTTP. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { z } from 'zod';

const PORT = 4318;

/** A span, and the service that it is of. */
export interface Span {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
}

/** The part of OTLP's messages that says which span is whose; what else they have is skipped. */
const request = protobuf.Root.fromJSON({
  nested: {
    AnyValue: { fields: { stringValue: { type: 'string', id: 1 } } },
    KeyValue: { fields: { key: { type: 'string', id: 1 }, value: { type: 'AnyValue', id: 2 } } },
    Resource: { fields: { attributes: { rule: 'repeated', type: 'KeyValue', id: 1 } } },
    Span: {
      fields: {
        traceId: { type: 'bytes', id: 1 },
        spanId: { type: 'bytes', id: 2 },
        parentSpanId: { type: 'bytes', id: 4 },
        name: { type: 'string', id: 5 },
      },
    },
    ScopeSpans: { fields: { spans: { rule: 'repeated', type: 'Span', id: 2 } } },
    ResourceSpans: {
      fields: { resource: { type: 'Resource', id: 1 }, scopeSpans: { rule: 'repeated', type: 'ScopeSpans', id: 2 } },
    },
    Request: { fields: { resourceSpans: { rule: 'repeated', type: 'ResourceSpans', id: 1 } } },
  },
}).lookupType('Request');

const id = z
  .instanceof(Uint8Array)
  .transform((bytes) => Buffer.from(bytes).toString('hex'))
  .default('');

const received = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({
        attributes: z.array(z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }) })),
      }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(z.object({ traceId: id, spanId: id, parentSpanId: id, name: z.string() })),
        }),
      ),
    }),
  ),
});

/** A receiver of OTLP. */
export class Traces {
  readonly spans: Span[] = [];

  async listen(address: string): Promise<void> {
    const server = createServer((message, response) => {
      void buffer(message).then((body) => {
        this.spans.push(...spansOf(message.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body));
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      });
    });
    server.unref();
    await once(server.listen(PORT, address), 'listening');
  }

  /** The spans of a trace that have arrived so far. */
  of(traceId: string): Span[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }
}

function spansOf(body: Uint8Array): Span[] {
  const { resourceSpans } = received.parse(request.toObject(request.decode(body), { arrays: true, objects: true }));
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const name = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service: name })));
  });
}
