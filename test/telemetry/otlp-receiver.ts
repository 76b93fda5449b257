import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  /** 1 internal, 2 server; see opentelemetry-proto's SpanKind. */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Trace ids of the spans that it is linked to. */
  readonly linkedTraceIds: readonly string[];
}

interface AnyValue {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
}
type Attributes = readonly { readonly key: string; readonly value: AnyValue }[];

interface ExportRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: Attributes };
    readonly scopeSpans?: readonly { readonly spans?: readonly OtlpSpan[] }[];
  }[];
}
interface OtlpSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: Attributes;
  readonly links?: readonly { readonly traceId: string }[];
}

/** Takes spans over OTLP/HTTP with JSON bodies, as a collector would. */
export class OtlpReceiver {
  /** Every body as it came, whatever its path. */
  readonly bodies: string[] = [];
  readonly paths = new Set<string>();

  private constructor(private readonly server: Server) {}

  /** @param port 0 for any. @throws EADDRINUSE where it is taken */
  static async start(port = 0): Promise<OtlpReceiver> {
    const server = createServer();
    const receiver = new OtlpReceiver(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        receiver.paths.add(request.url ?? '');
        receiver.bodies.push(Buffer.concat(chunks).toString('utf8'));
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  spans(): ReceivedSpan[] {
    return this.bodies.flatMap((body) =>
      ((JSON.parse(body) as ExportRequest).resourceSpans ?? []).flatMap(({ resource, scopeSpans = [] }) => {
        const service = String(plain(resource?.attributes)['service.name']);
        return scopeSpans.flatMap(({ spans = [] }) => spans.map((span) => received(service, span)));
      }),
    );
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

function received(service: string, span: OtlpSpan): ReceivedSpan {
  const { name, kind, traceId, spanId, parentSpanId, attributes } = span;
  return {
    service, name, kind, traceId, spanId, parentSpanId: parentSpanId === '' ? undefined : parentSpanId,
    startNanos: BigInt(span.startTimeUnixNano), endNanos: BigInt(span.endTimeUnixNano), attributes: plain(attributes),
    linkedTraceIds: (span.links ?? []).map((link) => link.traceId),
  };
}

function plain(attributes: Attributes = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf(value: AnyValue): unknown {
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(valueOf);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.doubleValue ?? value.boolValue;
}
