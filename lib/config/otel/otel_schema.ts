/**
 * The table `[otel]` of `config.toml`, with the keys of the codex client (0.171.0).
 *
 * @module
 */
import { z } from "zod";

const text = z.string();
const textMap = z.record(text, text);

const tls = z.object({
  "ca-certificate": text.optional(),
  "client-certificate": text.optional(),
  "client-private-key": text.optional(),
});

const otlpHttp = z.object({
  endpoint: text,
  headers: textMap.optional(),
  protocol: z.enum(["binary", "json"]).optional(),
  tls: tls.optional(),
});

const exporter = z.union([
  z.enum(["none", "statsig"]),
  z.strictObject({ "otlp-http": otlpHttp }),
  z.strictObject({
    "otlp-grpc": z.object({ endpoint: text, headers: textMap.optional(), tls: tls.optional() }),
  }),
], { error: "must be none, { otlp-http = { endpoint = … } } or { otlp-grpc = { … } }" });

/** The table. Entries of `span_attributes` and `tracestate` are checked one by one where they are read. */
export const otelTable = z.object({
  log_user_prompt: z.boolean().optional(),
  environment: text.optional(),
  exporter: exporter.optional(),
  trace_exporter: exporter.optional(),
  metrics_exporter: exporter.optional(),
  span_attributes: z.record(text, z.unknown()).optional(),
  tracestate: z.record(text, z.unknown()).optional(),
  log_sse_deltas: z.boolean().optional(),
});

/** A checked table `[otel]`. */
export type OtelTable = z.infer<typeof otelTable>;

/** The value of `exporter` and its two siblings. */
export type ExporterValue = z.infer<typeof exporter>;
