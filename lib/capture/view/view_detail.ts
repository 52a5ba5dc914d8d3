/**
 * Everything about one exchange, as the page shows it.
 *
 * @module
 */
import { turnName } from "../diff/compare_captures.ts";
import { type CacheBreak, comparePrefix } from "../diff/compare_prompts.ts";
import { outputOf, type PromptPart } from "../diff/prompt_parts.ts";
import { drawPicture } from "../../observe/trace/show/draw_picture.ts";
import { pictureTable, TABLE_HEAD } from "../../observe/trace/show/picture.ts";
import type { HeaderPair, StoredBody, Timings } from "../record/format.ts";
import { type Exchange, type LoadedCapture, requestBody } from "../record/read/exchanges.ts";
import type { Turn } from "../record/read/turns.ts";
import type { CaptureContext } from "./capture_context.ts";
import { capturePicture } from "./turn_pictures.ts";
import { masksIn } from "./view_index.ts";

/** A body. */
export interface BodyView {
  readonly text: string | null;
  readonly encoding: string;
  readonly size: number;
  readonly wire_size: number;
  readonly content_encoding: string | null;
  /** Why the text is absent or incomplete. */
  readonly note: string | null;
}

/** An event of a stream or a message of a websocket. */
export interface EventView {
  readonly index: number;
  readonly t_ms: number;
  readonly dir: "send" | "receive";
  readonly type: string;
  readonly size: number;
  readonly text: string | null;
  readonly note: string | null;
}

/** An item of a request or of an answer. */
export interface ItemView {
  readonly kind: string;
  readonly label: string;
  /** What a reader wants to see of it: its text, command or output. */
  readonly summary: string;
  readonly text: string;
  readonly is_new: boolean;
}

/** One model call. */
export interface TurnView {
  readonly name: string;
  readonly outcome: string;
  readonly error: string | null;
  readonly model: string | null;
  readonly t_ms: number;
  readonly previous: string | null;
  readonly continues: string | null;
  readonly request: readonly ItemView[];
  readonly response: readonly ItemView[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly usage: Turn["usage"] | null;
  readonly first_event_ms: number | null;
  readonly first_token_ms: number | null;
  readonly duration_ms: number | null;
  readonly prompt_chars: number;
  readonly repeated_chars: number;
  readonly cache_break: CacheBreak | null;
  /** The call with its failed attempts on a time line: an SVG element as text, and the same as a table. */
  readonly picture: {
    readonly svg: string;
    readonly table: readonly (readonly string[])[];
  };
}

/** One exchange. */
export interface Detail {
  readonly id: string;
  readonly url: string;
  readonly request_headers: readonly HeaderPair[];
  readonly request_body: BodyView | null;
  readonly response_headers: readonly HeaderPair[];
  readonly response_body: BodyView | null;
  readonly status_text: string;
  readonly timings: Timings | null;
  readonly error: string | null;
  readonly close: { readonly code: number; readonly reason: string; readonly by: string } | null;
  readonly events: readonly EventView[];
  readonly turns: readonly TurnView[];
  /** Figures about rate limits, from the head of the response. */
  readonly limits: readonly HeaderPair[];
  /** Header fields with masks, and the number of masks in bodies and events. */
  readonly redacted: {
    readonly headers: readonly { readonly name: string; readonly masks: number }[];
    readonly texts: number;
  };
}

/** Returns everything about one exchange. */
export function detailOf(exchange: Exchange, context: CaptureContext): Detail {
  const { request, response, open, end, close, errors } = exchange;
  const { text } = context.capture;
  const requestHeaders = request?.headers ?? [];
  const responseHeaders = (open ?? response)?.headers ?? [];
  const events = eventsOf(exchange, text);
  const bodies = [
    text(requestBody(exchange)),
    text(end?.body),
    ...events.map((event) => event.text ?? undefined),
  ];
  return {
    id: exchange.id,
    url: request?.url ?? "",
    request_headers: requestHeaders,
    request_body: bodyOf(requestBody(exchange), text),
    response_headers: responseHeaders,
    response_body: bodyOf(end?.body, text),
    status_text: open === undefined ? response?.status_text ?? "" : "Switching Protocols",
    timings: end?.timings ?? null,
    error: errors[0]?.error ?? end?.error ?? end?.decode_error ?? null,
    close: close === undefined ? null : { code: close.code, reason: close.reason, by: close.by },
    events,
    turns: context.turns.filter((turn) => turn.exchange.id === exchange.id).map((turn) =>
      turnOf(turn, context)
    ),
    limits: responseHeaders.filter(([name]) =>
      /^x-(codex-(primary|secondary|credits|plan)|ratelimit)-?/i.test(name)
    ),
    redacted: {
      headers: [...requestHeaders, ...responseHeaders].map(([name, value]) => ({
        name,
        masks: masksIn(value),
      }))
        .filter(({ masks }) => masks > 0),
      texts: bodies.reduce((all, body) => all + masksIn(body ?? ""), masksIn(request?.url ?? "")),
    },
  };
}

/** Returns the texts of the events of an exchange by the index of the event. */
export function textsOf({ events }: Pick<Detail, "events">): Readonly<Record<number, string | null>> {
  return Object.fromEntries(events.map(({ index, text }) => [index, text]));
}

/** Returns the detail without the texts of its events, which the page asks for when it shows them. */
export function withoutTexts(
  { events, ...detail }: Detail,
): Omit<Detail, "events"> & { readonly events: readonly Omit<EventView, "text">[] } {
  return { ...detail, events: events.map(({ text: _text, ...event }) => event) };
}

function bodyOf(body: StoredBody | undefined, text: LoadedCapture["text"]): BodyView | null {
  if (body === undefined) return null;
  const note = [
    ...(body.omitted === undefined ? [] : [`not recorded: ${body.omitted}`]),
    ...(body.truncated ? ["only its beginning was recorded"] : []),
    ...(body.decode_error === undefined ? [] : [`could not be decoded: ${body.decode_error}`]),
  ];
  return {
    text: text(body) ?? null,
    encoding: body.encoding,
    size: body.size,
    wire_size: body.wire_size,
    content_encoding: body.content_encoding ?? null,
    note: note.length === 0 ? null : note.join("; "),
  };
}

function eventsOf({ events, messages }: Exchange, text: LoadedCapture["text"]): readonly EventView[] {
  const streamed = events.map((event): EventView => ({
    index: event.index,
    t_ms: event.t_ms,
    dir: "receive",
    type: event.json_type ?? event.event,
    size: event.size,
    text: text(event) ?? null,
    note: event.incomplete === true ? "incomplete" : event.omitted ?? null,
  }));
  const framed = messages.map((message): EventView => ({
    index: message.index,
    t_ms: message.t_ms,
    dir: message.dir,
    type: message.json_type ?? OPCODES[message.opcode],
    size: message.size,
    text: text(message) ?? null,
    note: message.omitted ?? (message.opcode === 2 ? "base64" : null),
  }));
  return [...streamed, ...framed];
}

const OPCODES = { 1: "text", 2: "binary", 9: "ping", 10: "pong" } as const;

/** Width of the panel in a window of 1,280 pixels. */
const PICTURE_WIDTH = 690;

function turnOf(turn: Turn, { prompts, previous, capture, pictures }: CaptureContext): TurnView {
  const picture = capturePicture(turn, pictures);
  const prompt = prompts.get(turn) ?? { parts: [], parameters: {} };
  const before = previous.get(turn);
  const earlier = before === undefined ? undefined : prompts.get(before);
  const comparison = earlier === undefined ? undefined : comparePrefix(earlier, prompt);
  const known = earlier === undefined ? undefined : new Set(earlier.parts.map((part) => part.text));
  return {
    name: turnName(turn),
    outcome: turn.outcome,
    error: turn.error ?? null,
    model: turn.model ?? null,
    t_ms: turn.t_ms,
    previous: before === undefined ? null : turnName(before),
    continues: prompt.continues ?? null,
    request: prompt.parts.map((part) => itemOf(part, known !== undefined && !known.has(part.text))),
    response: outputOf(turn, capture.text).map((part) => itemOf(part, false)),
    parameters: prompt.parameters,
    usage: turn.usage ?? null,
    first_event_ms: turn.first_event_ms ?? null,
    first_token_ms: turn.first_token_ms ?? null,
    duration_ms: turn.duration_ms ?? null,
    prompt_chars: prompt.parts.reduce((all, part) => all + part.text.length, 0),
    repeated_chars: comparison?.sameSize ?? 0,
    cache_break: comparison?.break ?? null,
    picture: { svg: drawPicture(picture, PICTURE_WIDTH), table: [TABLE_HEAD, ...pictureTable(picture)] },
  };
}

function itemOf(part: PromptPart, isNew: boolean): ItemView {
  return {
    kind: part.kind,
    label: part.label,
    summary: summaryOf(part.json).slice(0, 400),
    text: typeof part.json === "string" ? part.json : JSON.stringify(part.json, null, 2),
    is_new: isNew,
  };
}

/** Members that hold what an item says, in the order of preference. */
const SPEAKING = [
  "text",
  "content",
  "output",
  "arguments",
  "summary",
  "description",
  "encrypted_content",
  "name",
];

function summaryOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(summaryOf).filter((part) => part !== "").join(" ");
  if (typeof value !== "object" || value === null) return "";
  const members = new Map(Object.entries(value));
  for (const name of SPEAKING) {
    const text = summaryOf(members.get(name));
    if (text !== "") return text;
  }
  return "";
}
