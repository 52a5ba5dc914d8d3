/**
 * Spans, log records and metrics, independent of any library and of the way in which they are sent.
 *
 * @module
 */

/** The value of an attribute. */
export type AttributeValue = string | number | boolean | readonly string[];

/** Attributes by name. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** An event at one moment of a span. */
export interface SpanEvent {
  readonly name: string;
  /** ms since 1970. */
  readonly atMs: number;
  readonly attributes: Attributes;
}

/** Identifies a span. */
export interface SpanIds {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
}

/** A span that has ended. */
export interface SpanRecord extends SpanIds {
  readonly name: string;
  readonly kind: "internal" | "client";
  readonly parentSpanId?: string;
  /** Whether the parent is a span of another process. Default false. */
  readonly isParentRemote?: boolean;
  /** ms since 1970, fractional. */
  readonly startMs: number;
  /** ms since 1970, fractional. */
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanIds[];
  /** Class of the failure; absent if the operation succeeded. */
  readonly error?: string;
}

/** One log record. */
export interface LogRecord {
  /** Name of the event. */
  readonly name: string;
  /** ms since 1970. */
  readonly atMs: number;
  readonly attributes: Attributes;
  /** Default `info`. */
  readonly severity?: "info" | "warn";
  /** Text of the record. Default: the name. */
  readonly body?: string;
  readonly span?: SpanIds;
}

/** One bucketed distribution. */
export interface HistogramValue {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** One more than there are bounds. */
  readonly buckets: readonly number[];
}

/** The value of a metric for one set of tags, over one interval. */
export interface MetricPoint {
  readonly tags: Readonly<Record<string, string>>;
  /** A counter's increase, or a distribution. */
  readonly value: number | HistogramValue;
}

/** One metric over one interval. */
export interface MetricRecord {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  /** Bounds of the buckets; absent for a counter. */
  readonly bounds?: readonly number[];
  readonly points: readonly MetricPoint[];
  /** Start of the interval, ms since 1970. */
  readonly startMs: number;
  /** End of the interval, ms since 1970. */
  readonly endMs: number;
}

/** Records of one signal. */
export type SignalRecords =
  | { readonly signal: "traces"; readonly records: readonly SpanRecord[] }
  | { readonly signal: "logs"; readonly records: readonly LogRecord[] }
  | { readonly signal: "metrics"; readonly records: readonly MetricRecord[] };
