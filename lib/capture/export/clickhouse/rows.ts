/**
 * The records of a capture as rows of a table.
 *
 * @module
 */
import { marksOf, statusOf } from "../../view/exchange_marks.ts";
import type { ExchangeRecord } from "../../record/format.ts";
import type { Exchange, LoadedCapture } from "../../record/read/exchanges.ts";
import { type Turn, turnsOf } from "../../record/read/turns.ts";
import { recordsOf } from "../jsonl_export.ts";

/** A row, by the names of its columns. */
export type Row = Readonly<Record<string, string | number | null>>;

/** Longest text of a row, UTF-16 units. */
const MAX_TEXT = 256 * 1024;

/**
 * Returns the rows of a capture in the order of their numbers. The facts of a model call are on the record that ended
 * it, so that they can be inserted while the capture grows.
 *
 * @param after rows up to this number are left out
 */
export function* rowsOf(capture: LoadedCapture, after = -1): Generator<Row> {
  const marks = marksOf(capture);
  const turns = new Map<ExchangeRecord, Turn>();
  for (const turn of turnsOf(capture)) {
    const isOver = turn.outcome !== "open" && turn.outcome !== "aborted";
    const last = turn.transport !== "websocket"
      ? turn.exchange.end
      : isOver
      ? turn.events.at(-1)
      : turn.exchange.close;
    if (last !== undefined) turns.set(last, turn);
  }
  const records = capture.exchanges.flatMap((exchange) =>
    recordsOf(exchange).map((record) => ({ record, exchange }))
  );
  records.sort((one, other) => one.record.seq - other.record.seq);
  for (const { record, exchange } of records) {
    if (record.seq <= after) continue;
    const isLast = record === (exchange.end ?? exchange.close);
    const kinds = isLast ? (marks.get(exchange.id) ?? []).map(({ kind }) => kind).join(",") : "";
    yield wellFormed({
      ...rowOf(record, exchange, capture),
      marks: kinds,
      ...turnColumns(turns.get(record)),
    });
  }
}

function rowOf(record: ExchangeRecord, exchange: Exchange, capture: LoadedCapture): Row {
  const url = URL.parse(exchange.request?.url ?? "");
  const [direction, type] = kindColumns(record);
  const body = record.kind === "http.request" || record.kind === "http.end" ? record.body : undefined;
  const holder = body ?? (record.kind === "sse.event" || record.kind === "ws.message" ? record : undefined);
  return {
    capture_id: capture.meta.capture_id,
    seq: record.seq,
    exchange: record.id,
    kind: record.kind,
    time: Math.floor(record.wall_ms / 1_000),
    time_ms: record.wall_ms,
    t_ms: record.t_ms,
    channel: record.channel,
    method: exchange.request?.method ?? "",
    host: url?.host ?? "",
    path: url === null ? "" : url.pathname,
    status: statusOf(exchange) ?? 0,
    direction,
    type,
    size: "size" in record ? record.size : body?.size ?? 0,
    outcome: record.kind === "http.end" ? record.outcome : "",
    error: record.kind === "net.error" ? record.error : record.kind === "http.end" ? record.error ?? "" : "",
    text: (capture.text(holder) ?? "").slice(0, MAX_TEXT),
  };
}

/**
 * Replaces each half of a surrogate pair by U+FFFD: it may stand alone in JSON, and at the end of a shortened text.
 * ClickHouse refuses the rows of a whole batch for one.
 */
function wellFormed(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map((
      [name, value],
    ) => [name, typeof value === "string" ? value.toWellFormed() : value]),
  );
}

function kindColumns(record: ExchangeRecord): readonly [direction: string, type: string] {
  if (record.kind === "sse.event") return ["receive", record.json_type ?? record.event];
  if (record.kind === "ws.message") return [record.dir, record.json_type ?? ""];
  if (record.kind === "http.chunk") return [record.dir, ""];
  return [record.kind === "http.request" ? "send" : "", ""];
}

function turnColumns(turn: Turn | undefined): Row {
  return {
    model: turn?.model ?? "",
    response_id: turn?.response_id ?? "",
    duration_ms: turn?.duration_ms ?? null,
    first_event_ms: turn?.first_event_ms ?? null,
    first_token_ms: turn?.first_token_ms ?? null,
    input_tokens: turn?.usage?.input_tokens ?? null,
    cached_tokens: turn?.usage?.cached_input_tokens ?? null,
    output_tokens: turn?.usage?.output_tokens ?? null,
    reasoning_tokens: turn?.usage?.reasoning_output_tokens ?? null,
  };
}
