/**
 * Pictures of the model calls of a capture: a call with the attempts before it that failed, on one time line.
 *
 * @module
 */
import {
  causeText,
  type PictureGap,
  type PictureOutcome,
  type PictureRow,
  type TurnPicture,
} from "../../observe/trace/show/picture.ts";
import type { Exchange, LoadedCapture } from "../record/read/exchanges.ts";
import type { Turn, TurnEvent } from "../record/read/turns.ts";
import { type Mark, marksOf, statusOf } from "./exchange_marks.ts";

/** What pictures need beside the call; computed once for a capture. */
export interface PictureContext {
  readonly exchanges: ReadonlyMap<string, Exchange>;
  readonly marks: ReadonlyMap<string, readonly Mark[]>;
  readonly turns: ReadonlyMap<string, readonly Turn[]>;
  /** Exchanges whose connection had carried another one before. */
  readonly reused: ReadonlySet<string>;
}

/** Most attempts in one picture: a client that never stops is cut. */
const MOST_ROWS = 30;

/** Computes what pictures have in common. */
export function pictureContext(capture: LoadedCapture, turns: readonly Turn[]): PictureContext {
  const connections = new Set<number>();
  const reused = new Set<string>();
  for (const { id, request } of capture.exchanges.toSorted((one, other) => startOf(one) - startOf(other))) {
    // The connections of an imported file have no numbers.
    if (request === undefined || request.connection <= 0) continue;
    if (connections.has(request.connection)) reused.add(id);
    connections.add(request.connection);
  }
  return {
    exchanges: new Map(capture.exchanges.map((exchange) => [exchange.id, exchange])),
    marks: marksOf(capture, turns),
    turns: Map.groupBy(turns, (turn) => turn.exchange.id),
    reused,
  };
}

/** Returns the picture of a call. */
export function capturePicture(turn: Turn, context: PictureContext): TurnPicture {
  const chain = attemptsBefore(turn.exchange, context);
  const start = Math.min(turn.t_ms, ...chain.map(({ exchange }) => startOf(exchange)));
  const rows = chain.map(({ exchange, why }, index): PictureRow => {
    const own = (context.turns.get(exchange.id) ?? []).at(-1);
    return attemptRow({ exchange, turn: own, why, index, start, context });
  });
  const [last] = repetitionOf(turn.exchange, context);
  rows.push(attemptRow({
    exchange: turn.exchange,
    turn,
    // Only the first call of a websocket repeats what failed before.
    why: turn.index === 0 ? last?.why : undefined,
    index: rows.length,
    start,
    context,
  }));
  return {
    title: "Model call",
    duration_ms: Math.max(1, ...rows.map((row) => row.end_ms)),
    rows,
  };
}

interface Attempt {
  readonly exchange: Exchange;
  /** Why it was made; absent for the first one. */
  readonly why: string | undefined;
}

/** Returns the attempts before an exchange, the first one first. */
function attemptsBefore(exchange: Exchange, context: PictureContext): readonly Attempt[] {
  const chain: Attempt[] = [];
  const seen = new Set([exchange.id]);
  let [link] = repetitionOf(exchange, context);
  while (link !== undefined && !seen.has(link.before.id) && chain.length < MOST_ROWS) {
    seen.add(link.before.id);
    const [earlier] = repetitionOf(link.before, context);
    chain.unshift({ exchange: link.before, why: earlier?.why });
    link = earlier;
  }
  return chain;
}

const CAUSES: Readonly<Record<string, string>> = {
  recovered: "unauthorized",
  retry: "retry",
  fallback: "fallback",
};

/** Returns the earlier exchanges whose request this exchange sends again, each with the reason. */
function repetitionOf(
  { id }: Exchange,
  { exchanges, marks }: PictureContext,
): readonly { readonly before: Exchange; readonly why: string }[] {
  return (marks.get(id) ?? []).flatMap(({ kind, after }) => {
    const before = exchanges.get(after ?? "");
    const cause = CAUSES[kind];
    if (before === undefined || cause === undefined) return [];
    return [{ before, why: causeText(statusOf(before) === 401 ? "unauthorized" : cause) }];
  });
}

interface RowParts {
  readonly exchange: Exchange;
  /** The call within the exchange; absent where no response came. */
  readonly turn: Turn | undefined;
  readonly why: string | undefined;
  readonly index: number;
  readonly start: number;
  readonly context: PictureContext;
}

function attemptRow({ exchange, turn, why, index, start, context }: RowParts): PictureRow {
  const from = (turn?.t_ms ?? startOf(exchange)) - start;
  const events = turn?.events ?? [];
  const last = events.at(-1)?.t_ms;
  const end = turn?.duration_ms === undefined
    ? (exchange.end?.t_ms ?? last ?? exchange.errors[0]?.t_ms ?? startOf(exchange)) - start
    : from + turn.duration_ms;
  const after = (ms: number | undefined) => ms === undefined ? null : from + ms;
  const status = statusOf(exchange);
  const refused = status !== undefined && status >= 400;
  const number = index + 1;
  return {
    kind: "attempt",
    label: `attempt ${number}`,
    start_ms: from,
    end_ms: Math.max(from, end),
    outcome: refused ? "bad" : OUTCOMES[turn?.outcome ?? "failed"] ?? "bad",
    status: refused ? String(status) : turn?.outcome ?? "no answer",
    is_reused: exchange.request === undefined || exchange.request.connection <= 0
      ? null
      : context.reused.has(exchange.id) || (turn?.index ?? 0) > 0,
    first_event_ms: after(turn?.first_event_ms),
    first_output_ms: after(turn?.first_token_ms),
    gaps: gapsOf(events, start),
    items: events.filter(({ json_type: type }) => type === "response.output_item.done").map((event) => ({
      at_ms: event.t_ms - start,
      label: "item",
    })),
    repeats: why === undefined || index === 0 ? null : { row: index - 1, why },
  };
}

const OUTCOMES: Readonly<Record<Turn["outcome"], PictureOutcome>> = {
  completed: "good",
  failed: "bad",
  refused: "bad",
  incomplete: "cut",
  aborted: "cut",
  open: "open",
};

/** Returns the times without an event that are far longer than usual, and long enough to be noticed. */
function gapsOf(events: readonly TurnEvent[], start: number): readonly PictureGap[] {
  const gaps = events.slice(1).map(({ t_ms: to }, index) => ({ from: events[index]?.t_ms ?? to, to }));
  const sorted = gaps.map(({ from, to }) => to - from).toSorted((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return gaps
    .filter(({ from, to }) => to - from >= Math.max(250, 6 * median))
    .map(({ from, to }) => ({ from_ms: from - start, to_ms: to - start }));
}

function startOf({ request, open, response }: Exchange): number {
  return (request ?? open ?? response)?.t_ms ?? 0;
}
