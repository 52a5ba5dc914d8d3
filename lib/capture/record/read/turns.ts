/**
 * The model calls of a capture. An HTTP exchange is one turn; a websocket, which lives for an hour, holds many.
 *
 * @module
 */
import { tokenUsage } from "../../../responses/events/usage.ts";
import type { TokenUsage } from "../../../responses/events/events.ts";
import { member, parsed } from "../decode/event_facts.ts";
import type { SocketMessageRecord, SseRecord } from "../format.ts";
import type { TextHolder } from "./capture_reader.ts";
import { chatFacts, chatUsage } from "./chat_facts.ts";
import { type Exchange, type LoadedCapture, requestBody } from "./exchanges.ts";

/** An event of a response, over either transport. */
export type TurnEvent = SseRecord | SocketMessageRecord;

/** How a turn ended. `open`: it had not ended when the capture did. */
export type TurnOutcome = "completed" | "failed" | "incomplete" | "aborted" | "refused" | "open";

/** One model call. */
export interface Turn {
  readonly exchange: Exchange;
  /** Number within the exchange, from 0. */
  readonly index: number;
  readonly transport: "sse" | "websocket" | "json";
  /** The request, as text. */
  readonly request: TextHolder | undefined;
  /** Time of the request since the start of the capture, ms. */
  readonly t_ms: number;
  readonly wall_ms: number;
  /** Everything that was received, in order. */
  readonly events: readonly TurnEvent[];
  /** HTTP status; absent for messages of a websocket. */
  readonly status?: number;
  readonly outcome: TurnOutcome;
  readonly model?: string;
  readonly response_id?: string;
  readonly usage?: TokenUsage;
  /** From the request to the first event, ms. */
  readonly first_event_ms?: number;
  /** From the request to the first piece of text, reasoning or tool call, ms. */
  readonly first_token_ms?: number;
  /** From the request to the last event, ms. */
  readonly duration_ms?: number;
  /** Code or message of the error that ended it. */
  readonly error?: string;
}

const TERMINAL: Readonly<Record<string, TurnOutcome>> = {
  "response.completed": "completed",
  "response.done": "completed",
  "response.incomplete": "incomplete",
  "response.failed": "failed",
  "error": "failed",
};

/** Returns the outcome that an event of this type ends a turn with; `undefined` for the other types. */
function outcomeOf(type: string): TurnOutcome | undefined {
  return Object.hasOwn(TERMINAL, type) ? TERMINAL[type] : undefined;
}

/** Returns the turns of a capture, in the order in which they began. */
export function turnsOf(capture: Pick<LoadedCapture, "exchanges" | "text">): readonly Turn[] {
  return capture.exchanges
    .filter(({ channel }) => channel === "model" || channel === "compaction")
    .flatMap((exchange) => turnsOfExchange(exchange, capture.text))
    .toSorted((one, other) => one.t_ms - other.t_ms);
}

/** Returns the turns of one exchange. */
export function turnsOfExchange(exchange: Exchange, text: LoadedCapture["text"]): readonly Turn[] {
  if (exchange.open !== undefined) return socketTurns(exchange, text);
  const { request, response, end } = exchange;
  if (request === undefined) return [];
  const isStream = exchange.events.length > 0;
  const status = response?.status;
  const body = isStream || end?.body === undefined ? undefined : parsed(text(end.body) ?? "");
  const facts = isStream ? streamFacts(exchange.events, text, request.t_ms) : bodyFacts(body);
  const refused = status !== undefined && (status < 200 || status >= 300);
  const outcome = refused ? "refused" : facts.outcome ??
    (end === undefined ? "open" : !isStream && end.outcome === "ok" ? "completed" : "aborted");
  const error = facts.error ??
    (refused ? errorOf(body) ?? `HTTP ${status}` : end?.error ?? exchange.errors[0]?.error);
  return [{
    exchange,
    index: 0,
    transport: isStream ? "sse" : "json",
    request: requestBody(exchange),
    t_ms: request.t_ms,
    wall_ms: request.wall_ms,
    events: exchange.events,
    ...(status === undefined ? {} : { status }),
    ...modelOf(facts.model, text(requestBody(exchange))),
    ...(facts.response_id === undefined ? {} : { response_id: facts.response_id }),
    ...(facts.usage === undefined ? {} : { usage: facts.usage }),
    ...(facts.first_event_ms === undefined ? {} : { first_event_ms: facts.first_event_ms }),
    ...(facts.first_token_ms === undefined ? {} : { first_token_ms: facts.first_token_ms }),
    ...(end === undefined ? {} : { duration_ms: between(request.t_ms, end.t_ms) }),
    outcome,
    ...(error === undefined ? {} : { error }),
  }];
}

function socketTurns(exchange: Exchange, text: LoadedCapture["text"]): readonly Turn[] {
  const turns: Turn[] = [];
  let request: SocketMessageRecord | undefined;
  let events: SocketMessageRecord[] = [];
  const finish = () => {
    if (request === undefined) return;
    const facts = eventFacts(events, text, request.t_ms);
    const last = events.at(-1);
    const outcome = facts.outcome ?? (exchange.close === undefined ? "open" : "aborted");
    turns.push({
      exchange,
      index: turns.length,
      transport: "websocket",
      request,
      t_ms: request.t_ms,
      wall_ms: request.wall_ms,
      events,
      ...modelOf(facts.model, text(request)),
      ...(facts.response_id === undefined ? {} : { response_id: facts.response_id }),
      ...(facts.usage === undefined ? {} : { usage: facts.usage }),
      ...(facts.first_event_ms === undefined ? {} : { first_event_ms: facts.first_event_ms }),
      ...(facts.first_token_ms === undefined ? {} : { first_token_ms: facts.first_token_ms }),
      ...(last === undefined ? {} : { duration_ms: between(request.t_ms, last.t_ms) }),
      outcome,
      ...(facts.error === undefined ? {} : { error: facts.error }),
    });
  };
  for (const message of exchange.messages) {
    if (message.opcode > 2) continue;
    if (message.dir === "send" && message.json_type === "response.create") {
      finish();
      request = message;
      events = [];
    } else if (message.dir === "receive") events.push(message);
  }
  finish();
  return turns;
}

/** Returns the time between two moments in whole microseconds, ms: a difference of fractions has many digits. */
function between(start: number, end: number): number {
  return Math.round((end - start) * 1_000) / 1_000;
}

/** What the events of a response say. */
interface Facts {
  outcome?: TurnOutcome;
  model?: string;
  response_id?: string;
  usage?: TokenUsage;
  first_event_ms?: number;
  first_token_ms?: number;
  error?: string;
}

function streamFacts(events: readonly SseRecord[], text: LoadedCapture["text"], start: number): Facts {
  const facts = eventFacts(events, text, start);
  // Events of the Responses API have a type.
  if (events.some(({ json_type }) => json_type !== undefined)) return facts;
  const { first_token_at, ...chat } = chatFacts(events, text);
  return {
    ...facts,
    ...chat,
    ...(first_token_at === undefined ? {} : { first_token_ms: between(start, first_token_at) }),
  };
}

function eventFacts(events: readonly TurnEvent[], text: LoadedCapture["text"], start: number): Facts {
  const facts: Facts = {};
  for (const event of events) {
    const type = event.json_type ?? "";
    if (event.kind === "sse.event" && event.event === ":") continue;
    facts.first_event_ms ??= between(start, event.t_ms);
    if (type.endsWith(".delta")) facts.first_token_ms ??= between(start, event.t_ms);
    const { response_id, model } = event.tags ?? {};
    if (response_id !== undefined) facts.response_id ??= response_id;
    if (model !== undefined) facts.model ??= model;
    const outcome = outcomeOf(type);
    if (outcome === undefined) continue;
    facts.outcome = outcome;
    Object.assign(facts, { ...bodyFacts(member(parsed(text(event) ?? ""), "response")), outcome });
    const error = errorOf(member(parsed(text(event) ?? ""), "response")) ??
      errorOf(parsed(text(event) ?? ""));
    if (error !== undefined && outcome !== "completed") facts.error = error;
  }
  return facts;
}

/** What a response object says. */
function bodyFacts(response: unknown): Facts {
  const [id, model, status] = ["id", "model", "status"].map((name) => member(response, name));
  const usage = tokenUsage(member(response, "usage")) ?? chatUsage(member(response, "usage"));
  const outcome = typeof status === "string" ? outcomeOf(`response.${status}`) : undefined;
  return {
    ...(outcome === undefined ? {} : { outcome }),
    ...(typeof id === "string" ? { response_id: id } : {}),
    ...(typeof model === "string" ? { model } : {}),
    ...(usage === undefined ? {} : { usage }),
  };
}

function errorOf(value: unknown): string | undefined {
  const error = member(value, "error");
  const [code, type, message] = ["code", "type", "message"].map((name) => member(error, name));
  return [code, type, message, error].find((each) => typeof each === "string");
}

function modelOf(model: string | undefined, request: string | undefined): Pick<Turn, "model"> {
  if (model !== undefined) return { model };
  const asked = member(parsed(request ?? ""), "model");
  return typeof asked === "string" ? { model: asked } : {};
}
