/**
 * The exchanges of a capture in outline, for the list of the page and for programs.
 *
 * @module
 */
import { MASK_PATTERN } from "../record/capture_redaction.ts";
import type { CaptureMeta } from "../record/format.ts";
import type { CaptureDamage } from "../record/read/capture_damage.ts";
import { type Exchange, type LoadedCapture, requestBody } from "../record/read/exchanges.ts";
import type { Turn } from "../record/read/turns.ts";
import { turnName } from "../diff/compare_captures.ts";
import { comparePrefix } from "../diff/compare_prompts.ts";
import { type CaptureContext, captureContext } from "./capture_context.ts";
import { isUpgrade, type Mark, statusOf } from "./exchange_marks.ts";

/** One exchange in outline. */
export interface Row {
  readonly id: string;
  readonly channel: string;
  readonly transport: "http" | "sse" | "websocket";
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly status: number | null;
  /** `open` while it is under way. */
  readonly outcome: "ok" | "aborted" | "error" | "open";
  readonly t_ms: number;
  readonly duration_ms: number | null;
  readonly events: number;
  readonly sent_bytes: number;
  readonly received_bytes: number;
  readonly model: string | null;
  readonly input_tokens: number | null;
  readonly cached_tokens: number | null;
  readonly output_tokens: number | null;
  readonly first_event_ms: number | null;
  readonly first_token_ms: number | null;
  readonly marks: readonly Mark[];
  /** Masks in the heads and in the URL. */
  readonly redacted: number;
}

/** One model call in outline. */
export interface TurnRow {
  readonly name: string;
  readonly exchange: string;
  readonly transport: string;
  readonly model: string | null;
  readonly outcome: string;
  readonly error: string | null;
  readonly t_ms: number;
  readonly duration_ms: number | null;
  readonly first_event_ms: number | null;
  readonly first_token_ms: number | null;
  readonly input_tokens: number | null;
  readonly cached_tokens: number | null;
  readonly output_tokens: number | null;
  readonly reasoning_tokens: number | null;
  readonly prompt_chars: number;
  /** Characters of the prompt that repeat the call before. */
  readonly repeated_chars: number;
  /** What ended the repetition, where something did. */
  readonly cache_break: string | null;
}

/** A capture in outline. */
export interface ViewIndex {
  readonly schema_version: 1;
  readonly capture: CaptureMeta & CaptureDamage & {
    readonly name: string;
    /** Bytes after which bodies were no longer recorded; null where it was not reached. */
    readonly limit: number | null;
    /** Events, messages and pieces that a live view no longer has in memory. */
    readonly left_out: number;
  };
  readonly rows: readonly Row[];
  readonly turns: readonly TurnRow[];
}

/** Returns a capture in outline. */
export function indexOf(
  capture: LoadedCapture,
  context: CaptureContext = captureContext(capture),
): ViewIndex {
  const { marks, turns: byExchange } = context.pictures;
  return {
    schema_version: 1,
    capture: {
      ...capture.meta,
      name: capture.path.replace(/[\\/]+$/, "").split(/[\\/]/).at(-1) ?? capture.path,
      ...capture.damage,
      limit: capture.limit?.max_size ?? null,
      left_out: capture.exchanges.reduce((all, { left_out = 0 }) => all + left_out, 0),
    },
    rows: capture.exchanges.map((exchange) =>
      rowOf(exchange, byExchange.get(exchange.id) ?? [], marks.get(exchange.id) ?? [])
    )
      .toSorted((one, other) => one.t_ms - other.t_ms),
    turns: turnRows(context),
  };
}

function rowOf(exchange: Exchange, turns: readonly Turn[], marks: readonly Mark[]): Row {
  const { request, response, open, events, messages, end, close } = exchange;
  const begin = (request ?? open ?? response)?.t_ms ?? 0;
  const last = end ?? close ?? messages.at(-1) ?? events.at(-1);
  const url = URL.parse(request?.url ?? "");
  const sum = (pick: (turn: Turn) => number | undefined) => total(turns.map(pick));
  const sizes = (dir: "send" | "receive") =>
    messages.filter((message) => message.dir === dir).reduce((all, { size }) => all + size, 0);
  const [first] = turns;
  return {
    id: exchange.id,
    channel: exchange.channel,
    transport: isUpgrade(exchange) ? "websocket" : events.length > 0 ? "sse" : "http",
    method: request?.method ?? "",
    host: url?.host ?? "",
    path: url === null ? request?.url ?? "" : `${url.pathname}${url.search}`,
    status: statusOf(exchange) ?? null,
    outcome: open === undefined ? end?.outcome ?? "open" : close === undefined ? "open" : "ok",
    t_ms: begin,
    duration_ms: last === undefined ? null : last.t_ms - begin,
    events: events.length + messages.length + (exchange.left_out ?? 0),
    sent_bytes: open === undefined ? requestBody(exchange)?.size ?? 0 : sizes("send"),
    received_bytes: open === undefined
      ? end?.sizes.response ?? events.reduce((all, { size }) => all + size, 0)
      : sizes("receive"),
    model: first?.model ?? null,
    input_tokens: sum(({ usage }) => usage?.input_tokens),
    cached_tokens: sum(({ usage }) => usage?.cached_input_tokens),
    output_tokens: sum(({ usage }) => usage?.output_tokens),
    first_event_ms: first?.first_event_ms ?? null,
    first_token_ms: turns.find(({ first_token_ms }) => first_token_ms !== undefined)?.first_token_ms ?? null,
    marks,
    redacted: masksIn(JSON.stringify([request?.url, request?.headers, response?.headers, open?.headers])),
  };
}

/** Counts the masks in a text. */
export function masksIn(text: string): number {
  return text.match(MASK_PATTERN)?.length ?? 0;
}

function total(numbers: readonly (number | undefined)[]): number | null {
  const known = numbers.filter((number) => number !== undefined);
  return known.length === 0 ? null : known.reduce((all, number) => all + number, 0);
}

function turnRows({ turns, prompts, previous }: CaptureContext): readonly TurnRow[] {
  return turns.map((turn) => {
    const prompt = prompts.get(turn);
    const before = previous.get(turn);
    const earlier = before === undefined ? undefined : prompts.get(before);
    const comparison = earlier === undefined || prompt === undefined
      ? undefined
      : comparePrefix(earlier, prompt);
    return {
      name: turnName(turn),
      exchange: turn.exchange.id,
      transport: turn.transport,
      model: turn.model ?? null,
      outcome: turn.outcome,
      error: turn.error ?? null,
      t_ms: turn.t_ms,
      duration_ms: turn.duration_ms ?? null,
      first_event_ms: turn.first_event_ms ?? null,
      first_token_ms: turn.first_token_ms ?? null,
      input_tokens: turn.usage?.input_tokens ?? null,
      cached_tokens: turn.usage?.cached_input_tokens ?? null,
      output_tokens: turn.usage?.output_tokens ?? null,
      reasoning_tokens: turn.usage?.reasoning_output_tokens ?? null,
      prompt_chars: prompt?.parts.reduce((all, part) => all + part.text.length, 0) ?? 0,
      repeated_chars: comparison?.sameSize ?? 0,
      cache_break: comparison?.break?.why ?? null,
    };
  });
}
