/**
 * The help topic `telemetry`.
 *
 * @module
 */
import type { Topic } from "../topic.ts";

/** A collector that writes to a file and to ClickHouse. */
const COLLECTOR = `receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:4318
processors:
  batch: {}
exporters:
  file:
    path: /var/log/culvert/otlp.jsonl
    rotation:
      max_megabytes: 100
      max_days: 14
  clickhouse:
    endpoint: tcp://127.0.0.1:9000?database=otel
    create_schema: true
    ttl: 720h
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch]
      exporters: [file, clickhouse]
    metrics:
      receivers: [otlp]
      processors: [batch]
      exporters: [file, clickhouse]
    logs:
      receivers: [otlp]
      processors: [batch]
      exporters: [file, clickhouse]`;

/** The topic. */
export const telemetry: Topic = [
  {
    heading: "What is sent",
    text:
      "Nothing, unless a variable or the table [otel] of config.toml names a collector. Traces: a span for the turn, one for the model call (chat MODEL, with the token counts) and one for each attempt. Metrics: counts and durations of requests, events and tokens. Logs: one record for each request, for each event of a stream except deltas, and for each recovery from 401.",
  },
  {
    heading: "What is never sent",
    text:
      "Keys, headers, bodies, addresses with their query, tool arguments and outputs. The text of the prompt is sent only with log_user_prompt = true, and only to the logs. The host name is only in the logs.",
  },
  {
    heading: "Where it is sent",
    text:
      "OTLP over HTTP, in protobuf or JSON, with or without gzip, with the same bundle, client certificate and proxy as every other connection. The table takes precedence over the variable of a signal, and that over the general variable. A collector that cannot be reached never delays or fails a turn: undelivered records are dropped and counted, and the program waits at most two seconds at its end. -v reports the dropped records, and culvert telemetry status the results of the last exports. culvert telemetry preview prints the records that would be sent.",
  },
  {
    heading: "Keys of the table [otel]",
    rows: [
      ["exporter", `logs: "none" or { otlp-http = { endpoint, headers, protocol, tls } }`],
      ["trace_exporter", "traces, with the same values"],
      ["metrics_exporter", "metrics, with the same values"],
      ["endpoint", "full address of the signal, such as https://collector:4318/v1/logs"],
      ["protocol", "binary (default) or json"],
      ["tls", "ca-certificate, client-certificate, client-private-key: paths"],
      ["environment", "resource attribute env; default dev"],
      ["log_user_prompt", "true: the text of the prompt is logged; default false"],
      ["log_sse_deltas", "true: deltas are also logged; default false"],
      ["span_attributes", "attributes of every span"],
      ["tracestate", "members that are merged into tracestate: a table of fields for each"],
    ],
  },
  {
    heading: "Captures",
    text:
      "culvert export DIR --to otlp http://127.0.0.1:4318/ sends a capture to a collector, redacted first: a span for each exchange and each model call, a log record for each record. The trace id in a recorded request is kept, so that the spans of the capture belong to the same trace as those of the recorded program. culvert trace export TRACE URL sends an inference trace in the same way: a span for each turn, attempt and call of a tool.",
  },
  {
    heading: "A collector that writes to a file and to ClickHouse",
    text: COLLECTOR,
  },
];
