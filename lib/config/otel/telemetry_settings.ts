/**
 * The settings of telemetry that result from the table `[otel]` and the standard variables.
 *
 * @module
 */

/** The kinds of telemetry. */
export const SIGNALS = ["traces", "metrics", "logs"] as const;

/** A kind of telemetry. */
export type Signal = typeof SIGNALS[number];

/** If any of these is set, the others are read. */
export const SWITCHES: readonly string[] = [
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
  "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
  "OTEL_TRACES_EXPORTER",
  "OTEL_METRICS_EXPORTER",
  "OTEL_LOGS_EXPORTER",
];

/** Certificate files of a destination; paths as configured. */
export interface DestinationFiles {
  /**
   * PEM bundle to trust in addition to the roots of the system, instead of the bundle of the other
   * connections, and the variable or the key of the configuration that names it.
   */
  readonly caCert?: { readonly path: string; readonly source: string };
  /** PEM file with the client's certificate. Present only together with the key. */
  readonly clientCert?: string;
  /** PEM file with its key. */
  readonly clientKey?: string;
}

/** The destination of one signal. */
export interface Destination {
  readonly signal: Signal;
  /** Full URL; user and password in it are sent as basic authentication. */
  readonly url: string;
  /** Secret values. */
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: "http/protobuf" | "http/json";
  readonly compression: "gzip" | "none";
  /** Longest time of one export, retries included, ms. */
  readonly timeoutMs: number;
  /** The key of the configuration or the variable that names the destination. */
  readonly source: string;
  readonly files?: DestinationFiles;
}

/** The sampling of traces. */
export interface Sampling {
  /** Whether the decision of the caller's span is used, if there is one. */
  readonly isParentBased: boolean;
  /** Share of the traces without such a decision that are exported, 0 to 1. */
  readonly ratio: number;
}

/** Settings of telemetry. */
export interface TelemetrySettings {
  /** The destinations, at most one per signal. */
  readonly destinations: readonly Destination[];
  /** `service.name`; absent for the originator. */
  readonly serviceName?: string;
  /** Resource attribute `env`. */
  readonly environment: string;
  /** From `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly resource: Readonly<Record<string, string>>;
  /** Constant attributes of every span. */
  readonly spanAttributes: Readonly<Record<string, string>>;
  /** Members that are merged into `tracestate`, the first one first. */
  readonly tracestate: readonly TracestateMember[];
  /** Whether the text of the prompt is put into the logs. */
  readonly logUserPrompt: boolean;
  /** Whether deltas are logged like other events of a stream. */
  readonly logSseDeltas: boolean;
  /** Whether trace context is sent to servers. */
  readonly propagates: boolean;
  readonly sampling: Sampling;
  /** Time between two exports of metrics, ms. */
  readonly metricIntervalMs: number;
}

/** One member of `tracestate`. */
export interface TracestateMember {
  readonly name: string;
  /** Fields that are written `key:value` and joined by `;`. */
  readonly fields: Readonly<Record<string, string>>;
}
