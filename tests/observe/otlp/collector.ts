/**
 * A collector for tests: receives OTLP over HTTP or HTTPS and decodes it by the official definitions, which
 * `@opentelemetry/otlp-transformer` 0.203 has as generated code.
 */
import definitions from "otlp-definitions";

/** One request as received. */
export interface Received {
  readonly path: string;
  /** With its question mark; empty without one. */
  readonly query: string;
  readonly headers: Headers;
  /** The body, decompressed. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A running collector. */
export interface Collector extends AsyncDisposable {
  readonly port: number;
  readonly requests: readonly Received[];
}

/** Options of a collector. */
export interface CollectorOptions {
  /** Certificate and key in PEM. Default: plain HTTP. */
  readonly tls?: { readonly certificate: string; readonly privateKey: string };
  /** Answers a request. Default: 200 with an empty object. */
  readonly answer?: (request: Received) => Response | Promise<Response>;
}

/** Starts a collector on a port of the system's choice. */
export function startCollector({ answer, tls }: CollectorOptions = {}): Collector {
  const requests: Received[] = [];
  const handle = async (request: Request): Promise<Response> => {
    const isGzip = request.headers.get("content-encoding") === "gzip";
    const body = isGzip ? request.body?.pipeThrough(new DecompressionStream("gzip")) : request.body;
    const bytes = await new Response(body ?? null).bytes();
    const { pathname: path, search: query } = new URL(request.url);
    const received = { path, query, headers: request.headers, bytes };
    requests.push(received);
    return await answer?.(received) ??
      new Response("{}", { headers: { "content-type": "application/json" } });
  };
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = tls === undefined
    ? Deno.serve(options, handle)
    : Deno.serve({ ...options, cert: tls.certificate, key: tls.privateKey }, handle);
  return {
    port: server.addr.port,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A message type of the generated code, which has no type declarations. */
interface MessageType {
  readonly decode: (bytes: Uint8Array) => unknown;
  readonly encode: (message: unknown) => { readonly finish: () => Uint8Array<ArrayBuffer> };
  readonly fromObject: (value: Readonly<Record<string, unknown>>) => unknown;
  readonly toObject: (message: unknown, options: Readonly<Record<string, unknown>>) => Plain;
}

const { logs, metrics, trace } = Object(definitions).opentelemetry.proto.collector;

/** The requests by signal. */
const REQUESTS: Readonly<Record<string, MessageType>> = {
  traces: trace.v1.ExportTraceServiceRequest,
  metrics: metrics.v1.ExportMetricsServiceRequest,
  logs: logs.v1.ExportLogsServiceRequest,
};

/**
 * Returns the reply of a collector that rejects one span.
 *
 * @param isJson whether the reply is JSON, or protobuf
 * @param message the reason of the collector
 */
export function rejectOneSpan(isJson: boolean, message: string): Response {
  const partialSuccess = { rejectedSpans: 1, errorMessage: message };
  if (isJson) return Response.json({ partialSuccess });
  const Reply: MessageType = trace.v1.ExportTraceServiceResponse;
  const body = new Uint8Array(Reply.encode(Reply.fromObject({ partialSuccess })).finish());
  return new Response(body, { headers: { "content-type": "application/x-protobuf" } });
}

/** An attribute value in its own type; numbers of 64 bits are strings. */
export type Value = string | number | boolean | readonly Value[] | null;
/** Attributes by name. */
export type Values = Readonly<Record<string, Value>>;

/** A decoded span. */
export interface SeenSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly attributes: Values;
  readonly events: readonly { readonly name: string; readonly attributes: Values }[];
  readonly links: number;
  readonly status: number;
}

/** A decoded log record. */
export interface SeenLog {
  readonly name: string;
  readonly traceId: string;
  readonly attributes: Values;
  readonly body: Value;
}

/** A decoded metric. */
export interface SeenMetric {
  readonly name: string;
  readonly unit: string;
  readonly temporality: number;
  /** The value of a counter, or the count and the sum of a histogram. */
  readonly points: readonly { readonly tags: Values; readonly value: number; readonly sum?: number }[];
}

/** All received records. */
export interface Telemetry {
  readonly spans: readonly SeenSpan[];
  readonly logs: readonly SeenLog[];
  readonly metrics: readonly SeenMetric[];
  /** Resource attributes by the last word of the path. */
  readonly resources: Readonly<Record<string, Values>>;
}

/** Decodes all requests. */
export function decodeAll(requests: readonly Received[]): Telemetry {
  const spans: SeenSpan[] = [];
  const logs: SeenLog[] = [];
  const metrics: SeenMetric[] = [];
  const resources: Record<string, Values> = {};
  for (const { bytes, headers, path } of requests) {
    const isJson = headers.get("content-type") === "application/json";
    const signal = path.slice(path.lastIndexOf("/") + 1);
    const message = plain(signal, bytes, isJson);
    for (const group of listOf(message, `resource${capital(signal)}`)) {
      resources[signal] = valuesOf(objectOf(group, "resource"));
      for (const scope of listOf(group, `scope${capital(signal)}`)) {
        spans.push(...listOf(scope, "spans").map(spanOf));
        logs.push(...listOf(scope, "logRecords").map(logOf));
        metrics.push(...listOf(scope, "metrics").map(metricOf));
      }
    }
  }
  return { spans, logs, metrics, resources };
}

type Plain = Readonly<Record<string, unknown>>;

const capital = (signal: string) => signal === "traces" ? "Spans" : signal === "logs" ? "Logs" : "Metrics";

/**
 * Decodes by the definitions; a JSON body is also decoded with them, so that an unknown field is an error.
 */
function plain(signal: string, bytes: Uint8Array<ArrayBuffer>, isJson: boolean): Plain {
  const type = REQUESTS[signal];
  if (type === undefined) throw new Error(`There is no signal ${signal}`);
  const message = isJson
    ? type.fromObject(withBinaryIds(JSON.parse(new TextDecoder().decode(bytes))))
    : type.decode(bytes);
  const known = type.toObject(message, { longs: String, bytes: Array, defaults: true });
  if (isJson) assertKnown(JSON.parse(new TextDecoder().decode(bytes)), known);
  return known;
}

/** In JSON the ids are hexadecimal, where the definitions expect base64 (OTLP, JSON Protobuf Encoding). */
function withBinaryIds(value: unknown): Record<string, unknown> {
  const walk = (each: unknown, key: string): unknown => {
    if (Array.isArray(each)) return each.map((one) => walk(one, key));
    if (typeof each === "string" && /^(trace|span|parentSpan)Id$/.test(key)) {
      return [...Uint8Array.fromHex(each)];
    }
    if (typeof each !== "object" || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([name, one]) => [name, walk(one, name)]));
  };
  return Object(walk(value, ""));
}

/** @throws Error for a field of `sent` that is not in `known` */
function assertKnown(sent: unknown, known: unknown, path = ""): void {
  if (Array.isArray(sent)) {
    sent.forEach((one, index) =>
      assertKnown(one, Array.isArray(known) ? known[index] : undefined, `${path}[]`)
    );
  } else if (typeof sent === "object" && sent !== null) {
    for (const [name, one] of Object.entries(sent)) {
      if (!Object.hasOwn(Object(known), name)) throw new Error(`The definitions do not have ${path}.${name}`);
      assertKnown(one, Object(known)[name], `${path}.${name}`);
    }
  }
}

function listOf(parent: Plain, name: string): readonly Plain[] {
  const list = parent[name];
  return Array.isArray(list) ? list : [];
}

function objectOf(parent: Plain, name: string): Plain {
  return Object(parent[name]);
}

function valuesOf(parent: Plain): Values {
  return Object.fromEntries(
    listOf(parent, "attributes").map((pair) => [String(pair["key"]), valueOf(objectOf(pair, "value"))]),
  );
}

function valueOf(value: Plain): Value {
  for (const name of ["stringValue", "intValue", "doubleValue", "boolValue"]) {
    const found = value[name];
    if (typeof found === "string" || typeof found === "number" || typeof found === "boolean") return found;
  }
  return listOf(objectOf(value, "arrayValue"), "values").map(valueOf);
}

const hex = (value: unknown) => Array.isArray(value) ? new Uint8Array(value).toHex() : "";

function spanOf(span: Plain): SeenSpan {
  return {
    name: String(span["name"]),
    kind: Number(span["kind"]),
    traceId: hex(span["traceId"]),
    spanId: hex(span["spanId"]),
    parentSpanId: hex(span["parentSpanId"]),
    attributes: valuesOf(span),
    events: listOf(span, "events").map((event) => ({
      name: String(event["name"]),
      attributes: valuesOf(event),
    })),
    links: listOf(span, "links").length,
    status: Number(objectOf(span, "status")["code"]),
  };
}

function logOf(record: Plain): SeenLog {
  return {
    name: String(record["eventName"]),
    traceId: hex(record["traceId"]),
    attributes: valuesOf(record),
    body: valueOf(objectOf(record, "body")),
  };
}

function metricOf(metric: Plain): SeenMetric {
  const data = objectOf(metric, metric["sum"] === null || metric["sum"] === undefined ? "histogram" : "sum");
  return {
    name: String(metric["name"]),
    unit: String(metric["unit"]),
    temporality: Number(data["aggregationTemporality"]),
    points: listOf(data, "dataPoints").map((point) =>
      point["count"] === undefined
        ? { tags: valuesOf(point), value: Number(point["asInt"] ?? point["asDouble"]) }
        : { tags: valuesOf(point), value: Number(point["count"]), sum: Number(point["sum"]) }
    ),
  };
}
