/**
 * Applies the routing policy. Every record for an exporter, a preview or a test passes through this module;
 * no other code writes to a queue.
 *
 * @module
 */
import type { Signal } from "../../config/otel/telemetry_settings.ts";
import type { LogRecord, SpanEvent, SpanRecord } from "../records/records.ts";
import type { Measurement, MetricAggregator } from "../records/metric_aggregator.ts";
import {
  COMMON,
  type EventKey,
  type EventRow,
  EVENTS,
  LOGS_ONLY_RESOURCE,
  METRIC_TAGS,
  METRICS_ONLY_RESOURCE,
  SPAN_ATTRIBUTES,
} from "./policy.ts";

/** An event before the policy is applied: all of its attributes, for any audience. Values are strings. */
export interface TelemetryEvent {
  readonly key: EventKey;
  /** ms since 1970. */
  readonly atMs: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly traceId?: string;
  readonly spanId?: string;
}

/** The receivers of admitted records. Absent: that signal is not exported. */
export interface GateOutputs {
  readonly logs?: (record: LogRecord) => void;
  readonly traces?: (span: SpanRecord) => void;
  readonly metrics?: MetricAggregator;
}

/** Longest text of an attribute that is sent, UTF-16 units; a prompt may be longer. */
const MAX_TEXT = 1024;
/** Longest prompt, UTF-16 units. */
const MAX_PROMPT = 64 * 1024;

const SPAN_NAMES = new Set(SPAN_ATTRIBUTES);
const TAG_NAMES = new Set(METRIC_TAGS);

/** Applies the policy to the records of one process. */
export class Gate {
  readonly #outputs: GateOutputs;
  readonly #spanAttributes: Readonly<Record<string, string>>;
  /** Sets of tags that contain only tags of the policy. */
  readonly #admittedTags = new WeakSet<Measurement["tags"]>();

  /** @param spanAttributes constant attributes that the user configured for every span */
  constructor(outputs: GateOutputs, spanAttributes: Readonly<Record<string, string>> = {}) {
    this.#outputs = outputs;
    this.#spanAttributes = spanAttributes;
  }

  /** Whether log records are exported. */
  get hasLogs(): boolean {
    return this.#outputs.logs !== undefined;
  }

  /** Whether spans are exported. */
  get hasTraces(): boolean {
    return this.#outputs.traces !== undefined;
  }

  /** Whether metrics are exported. */
  get hasMetrics(): boolean {
    return this.#outputs.metrics !== undefined;
  }

  /**
   * Admits an event to the logs, with the attributes that are allowed there.
   *
   * @returns the event for a span, with the attributes that are allowed in traces; `undefined` if none is
   */
  event(event: TelemetryEvent): SpanEvent | undefined {
    const { atMs, key, spanId, traceId } = event;
    const row: EventRow = EVENTS[key];
    const name = key.split(" ")[0] ?? key;
    this.#outputs.logs?.({
      name,
      atMs,
      attributes: admitted(event, row, "logs"),
      ...(key === "codex.sse_event failed" || key === "culvert.retry" ? { severity: "warn" } : {}),
      ...(traceId === undefined || spanId === undefined ? {} : { span: { traceId, spanId } }),
    });
    const isForTraces = Object.values(row).some((audience) => audience !== "logs");
    if (!this.hasTraces || !isForTraces) return undefined;
    return { name, atMs, attributes: admitted(event, row, "traces") };
  }

  /** Admits a span. Its events were returned by {@link Gate.event}. */
  span(span: SpanRecord): void {
    const entries = Object.entries(span.attributes).flatMap(([name, value]) =>
      SPAN_NAMES.has(name) ? [[name, typeof value === "string" ? cut(value) : value] as const] : []
    );
    this.#outputs.traces?.({
      ...span,
      attributes: { ...this.#spanAttributes, ...Object.fromEntries(entries) },
    });
  }

  /** Admits a measurement. A tag that the policy does not name is removed; the measurement is kept. */
  measure(measurement: Measurement): void {
    const { metrics } = this.#outputs;
    if (metrics === undefined) return;
    const { tags } = measurement;
    if (this.#admittedTags.has(tags)) return metrics.add(measurement);
    for (const name in tags) {
      if (TAG_NAMES.has(name)) continue;
      const kept = Object.fromEntries(Object.entries(tags).filter(([key]) => TAG_NAMES.has(key)));
      return metrics.add({ ...measurement, tags: kept });
    }
    this.#admittedTags.add(tags);
    metrics.add(measurement);
  }
}

/** Returns the resource attributes that a signal may have. */
export function admittedResource(
  signal: Signal,
  attributes: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const isAdmitted = (name: string) =>
    (signal === "logs" || !LOGS_ONLY_RESOURCE.includes(name)) &&
    (signal === "metrics" || !METRICS_ONLY_RESOURCE.includes(name));
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => isAdmitted(name)));
}

function admitted(
  { attributes }: TelemetryEvent,
  row: EventRow,
  to: "logs" | "traces",
): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    const audience = Object.hasOwn(row, name)
      ? row[name]
      : Object.hasOwn(COMMON, name)
      ? COMMON[name]
      : undefined;
    if (audience === "both" || audience === to) {
      kept[name] = name === "prompt" ? value.slice(0, MAX_PROMPT) : cut(value);
    }
  }
  return kept;
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text;
}
