/**
 * The content of a capture as spans and log records: a span for each exchange, one for each model call, and a log record
 * for each record of the capture.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { targetOf } from "../../../net/target.ts";
import type { Attributes, LogRecord, SpanIds, SpanRecord } from "../../../observe/records/records.ts";
import type { Exchange, LoadedCapture } from "../../record/read/exchanges.ts";
import { type Turn, turnsOf } from "../../record/read/turns.ts";
import { statusOf } from "../../view/exchange_marks.ts";
import { headerValue } from "../har_export.ts";
import { type Row, rowsOf } from "../clickhouse/rows.ts";
import { recordsOf } from "../jsonl_export.ts";
import { defined } from "../../../text/json.ts";

/** Columns of a row that become attributes, and their names. */
const COLUMNS: Readonly<Record<string, string>> = {
  exchange: "culvert.exchange",
  seq: "culvert.seq",
  channel: "culvert.channel",
  direction: "culvert.direction",
  type: "event.kind",
  size: "culvert.size",
  outcome: "culvert.outcome",
  error: "error.type",
  method: "http.request.method",
  host: "server.address",
  path: "url.path",
  status: "http.response.status_code",
};

/** Returns a span for each exchange and for each model call. */
export function* spansOfCapture(capture: LoadedCapture): Generator<SpanRecord> {
  for (const exchange of capture.exchanges) {
    const span = exchangeSpan(exchange, capture);
    if (span !== undefined) yield span;
  }
  for (const turn of turnsOf(capture)) yield turnSpan(turn, capture);
}

/** Returns a log record for each record of the capture. The body is its text. */
export function* logsOfCapture(capture: LoadedCapture): Generator<LogRecord> {
  const spans = new Map(capture.exchanges.map((exchange) => [exchange.id, idsOf(exchange, capture)]));
  for (const row of rowsOf(capture)) {
    const span = spans.get(String(row["exchange"]));
    yield {
      name: `culvert.capture.${row["kind"]}`,
      atMs: Number(row["time_ms"]),
      attributes: { "culvert.capture_id": capture.meta.capture_id, ...attributesOf(row) },
      ...(row["error"] === "" ? {} : { severity: "warn" }),
      ...(row["text"] === "" ? {} : { body: String(row["text"]) }),
      ...(span === undefined ? {} : { span }),
    };
  }
}

function attributesOf(row: Row): Attributes {
  const entries = Object.entries(COLUMNS).flatMap(([column, name]) => {
    const value = row[column];
    return value === undefined || value === null || value === "" || (column === "status" && value === 0)
      ? []
      : [[name, String(value)] as const];
  });
  return Object.fromEntries(entries);
}

function exchangeSpan(exchange: Exchange, capture: LoadedCapture): SpanRecord | undefined {
  const records = recordsOf(exchange);
  const [first, last] = [records[0], records.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const { channel, end, errors, request } = exchange;
  const url = URL.parse(request?.url ?? "");
  const status = statusOf(exchange);
  const error = errors[0]?.error ?? (status !== undefined && status >= 400 ? `http ${status}` : end?.error);
  const parent = parentOf(exchange);
  return {
    ...idsOf(exchange, capture),
    ...(parent === undefined ? {} : { parentSpanId: parent.spanId, isParentRemote: true }),
    name: `exchange ${channel}`,
    kind: "client",
    startMs: first.wall_ms,
    endMs: Math.max(first.wall_ms, last.wall_ms),
    events: [],
    links: [],
    ...(error === undefined ? {} : { error }),
    attributes: defined({
      "culvert.capture_id": capture.meta.capture_id,
      "culvert.exchange": exchange.id,
      "culvert.channel": channel,
      "http.request.method": request?.method,
      "server.address": url === null ? undefined : targetOf(url).host,
      "url.path": url?.pathname,
      "http.response.status_code": status === undefined ? undefined : String(status),
      "error.type": error,
    }),
  };
}

function turnSpan(turn: Turn, capture: LoadedCapture): SpanRecord {
  const { exchange, model = "unknown", usage } = turn;
  const outer = idsOf(exchange, capture);
  const failure = turn.error ?? (turn.outcome === "completed" ? undefined : turn.outcome);
  return {
    traceId: outer.traceId,
    spanId: hash(`${capture.meta.capture_id}/${exchange.id}/${turn.index}`).slice(0, 16),
    parentSpanId: outer.spanId,
    name: `chat ${model}`,
    kind: "client",
    startMs: turn.wall_ms,
    endMs: turn.wall_ms + (turn.duration_ms ?? 0),
    events: [],
    links: [],
    ...(failure === undefined ? {} : { error: turn.outcome }),
    attributes: defined({
      "culvert.capture_id": capture.meta.capture_id,
      "culvert.exchange": exchange.id,
      "culvert.outcome": turn.outcome,
      transport: turn.transport,
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": model,
      "gen_ai.response.id": turn.response_id,
      "gen_ai.response.time_to_first_chunk": turn.first_event_ms === undefined
        ? undefined
        : turn.first_event_ms / 1_000,
      "gen_ai.usage.input_tokens": usage?.input_tokens,
      "gen_ai.usage.output_tokens": usage?.output_tokens,
      "gen_ai.usage.cache_read.input_tokens": usage?.cached_input_tokens,
      "gen_ai.usage.cache_write.input_tokens": usage?.cache_write_input_tokens,
      "gen_ai.usage.reasoning.output_tokens": usage?.reasoning_output_tokens,
      "openai.api.type": "responses",
    }),
  };
}

/**
 * The ids of the span of an exchange: within the trace that its request names, or in one of its own. They depend on the
 * capture alone, so that a second export makes the same spans.
 */
function idsOf(exchange: Exchange, capture: LoadedCapture): SpanIds {
  const own = hash(`${capture.meta.capture_id}/${exchange.id}`);
  return { traceId: parentOf(exchange)?.traceId ?? own.slice(0, 32), spanId: own.slice(32, 48) };
}

/** The span that the request of an exchange names in `traceparent`. */
function parentOf({ request }: Exchange): SpanIds | undefined {
  const value = headerValue(request?.headers ?? [], "traceparent") ?? "";
  const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(value) ?? [];
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId };
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
