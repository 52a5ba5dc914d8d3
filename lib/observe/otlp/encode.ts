/**
 * Encodes records as requests of OTLP, by the serializers of `@opentelemetry/otlp-transformer`. Loaded only
 * with the first export.
 *
 * @module
 */
import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from "@opentelemetry/otlp-transformer";
import type { Destination } from "../../config/otel/telemetry_settings.ts";
import { VERSION } from "../../version.ts";
import type { LogRecord, MetricRecord, SignalRecords, SpanRecord } from "../records/records.ts";

type ReadableSpan = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number];
type ReadableLog = Parameters<typeof ProtobufLogsSerializer.serializeRequest>[0][number];
type ResourceMetrics = Parameters<typeof ProtobufMetricsSerializer.serializeRequest>[0];
type MetricData = ResourceMetrics["scopeMetrics"][number]["metrics"][number];
type Resource = ReadableSpan["resource"];

/** Severity numbers of the log data model. */
const SEVERITIES = { info: 9, warn: 13 } as const;

const SCOPE = { name: "culvert", version: VERSION };
const METER = { name: "codex", version: VERSION };

/**
 * Encodes records of one signal.
 *
 * @param records at least one
 * @param resource attributes of the resource that are allowed for the signal
 */
export function encodeRequest(
  { records, signal }: SignalRecords,
  resource: Readonly<Record<string, string>>,
  protocol: Destination["protocol"],
): Uint8Array<ArrayBuffer> {
  const isJson = protocol === "http/json";
  const from = resourceOf(resource);
  const bytes = signal === "traces"
    ? (isJson ? JsonTraceSerializer : ProtobufTraceSerializer).serializeRequest(
      records.map((span) => readableSpan(span, from)),
    )
    : signal === "logs"
    ? (isJson ? JsonLogsSerializer : ProtobufLogsSerializer).serializeRequest(
      records.map((record) => readableLog(record, from)),
    )
    : (isJson ? JsonMetricsSerializer : ProtobufMetricsSerializer).serializeRequest(
      { resource: from, scopeMetrics: [{ scope: METER, metrics: records.map(metricData) }] },
    );
  return new Uint8Array(bytes ?? []);
}

function resourceOf(attributes: Readonly<Record<string, string>>): Resource {
  const resource: Resource = {
    attributes,
    merge: () => resource,
    getRawAttributes: () => Object.entries(attributes),
  };
  return resource;
}

function readableSpan(span: SpanRecord, resource: Resource): ReadableSpan {
  const context = (spanId: string, isRemote = false) => ({
    traceId: span.traceId,
    spanId,
    traceFlags: 1,
    isRemote,
  });
  const status = span.error === undefined ? { code: 0 } : { code: 2, message: span.error };
  return {
    name: span.name,
    // SpanKind of the API: internal 0, client 2.
    kind: span.kind === "client" ? 2 : 0,
    spanContext: () => context(span.spanId),
    ...(span.parentSpanId === undefined
      ? {}
      : { parentSpanContext: context(span.parentSpanId, span.isParentRemote) }),
    startTime: hrTime(span.startMs),
    endTime: hrTime(span.endMs),
    duration: hrTime(Math.max(0, span.endMs - span.startMs)),
    ended: true,
    status,
    attributes: mutable(span.attributes),
    events: span.events.map(({ atMs, attributes, name }) => ({
      name,
      time: hrTime(atMs),
      attributes: mutable(attributes),
    })),
    links: span.links.map(({ spanId, traceId }) => ({ context: { traceId, spanId, traceFlags: 1 } })),
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function readableLog(record: LogRecord, resource: Resource): ReadableLog {
  const { atMs, body, name, severity = "info", span } = record;
  const time = hrTime(atMs);
  return {
    hrTime: time,
    hrTimeObserved: time,
    severityNumber: SEVERITIES[severity],
    severityText: severity.toUpperCase(),
    eventName: name,
    body: body ?? name,
    attributes: mutable(record.attributes),
    ...(span === undefined ? {} : { spanContext: { ...span, traceFlags: 1 } }),
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
  };
}

function metricData(metric: MetricRecord): MetricData {
  const { bounds, description, endMs, name, points, startMs, unit } = metric;
  const times = { startTime: hrTime(startMs), endTime: hrTime(endMs) };
  // AggregationTemporality: delta 0.
  const common = { descriptor: { name, unit, description, valueType: 0 }, aggregationTemporality: 0 };
  if (bounds === undefined) {
    return {
      ...common,
      dataPointType: 3,
      isMonotonic: true,
      dataPoints: points.map(({ tags, value }) => ({
        ...times,
        attributes: tags,
        value: typeof value === "number" ? value : value.sum,
      })),
    };
  }
  return {
    ...common,
    dataPointType: 0,
    dataPoints: points.flatMap(({ tags, value }) => {
      if (typeof value === "number") return [];
      const { buckets, count, max, min, sum } = value;
      const content = { count, sum, min, max, buckets: { boundaries: [...bounds], counts: [...buckets] } };
      return [{ ...times, attributes: tags, value: content }];
    }),
  };
}

/** Seconds and nanoseconds since 1970. */
function hrTime(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
}

/** Copies attributes: the types of the library require mutable arrays. */
function mutable(attributes: LogRecord["attributes"]): Record<string, string | number | boolean | string[]> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, typeof value === "object" ? [...value] : value]),
  );
}
