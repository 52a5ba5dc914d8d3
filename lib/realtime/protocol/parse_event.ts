/**
 * Parses the frames of a realtime server. A frame of an unknown type gives no event (codex client 0.171.0).
 *
 * @module
 */
import { type Fields, numberField, objectField, parseFrame, textField } from "./json_fields.ts";
import { type RealtimeVersion, SESSION_RATE } from "./protocol_version.ts";
import type { RealtimeEvent } from "./realtime_event.ts";
import { isObject } from "../../text/json.ts";

/** Parses a text frame. */
export function parseRealtimeEvent(version: RealtimeVersion, text: string): RealtimeEvent | undefined {
  const frame = parseFrame(text);
  return frame === undefined ? undefined : eventOf(version, frame);
}

/** Returns the event of a parsed frame. */
export function eventOf(
  version: RealtimeVersion,
  frame: Fields & { readonly type: string },
): RealtimeEvent | undefined {
  if (frame.type === "error") return errorEvent(frame);
  const parsers = PARSERS[version];
  // A type such as "valueOf" must not find a method of Object.prototype.
  return Object.hasOwn(parsers, frame.type) ? parsers[frame.type]?.(frame) : undefined;
}

/** The event of a frame that is not text. The stream continues. */
export const BINARY_FRAME: RealtimeEvent = {
  kind: "error",
  message: "The server sent a binary frame although the protocol uses text",
};

type Parser = (frame: Fields) => RealtimeEvent | undefined;
type Parsers = Readonly<Record<string, Parser>>;

const V1: Parsers = {
  "session.updated": sessionUpdated,
  "conversation.output_audio.delta": quicksilverAudio,
  "conversation.input_transcript.delta": inputDelta,
  "conversation.item.input_audio_transcription.delta": inputDelta,
  "conversation.input_transcript.turn_marked": inputDone,
  "conversation.item.input_audio_transcription.completed": inputDone,
  "conversation.output_transcript.delta": outputDelta,
  "response.output_text.delta": outputDelta,
  "response.output_audio_transcript.delta": outputDelta,
  "response.output_audio_transcript.done": (frame) => outputDone(frame, "transcript"),
  "conversation.item.added": itemAdded,
  "conversation.item.done": itemDone,
  "conversation.handoff.requested": quicksilverHandoff,
};

const V2: Parsers = {
  "session.updated": sessionUpdated,
  "response.output_audio.delta": publicAudio,
  "response.audio.delta": publicAudio,
  "conversation.item.input_audio_transcription.delta": inputDelta,
  "conversation.item.input_audio_transcription.completed": inputDone,
  "response.output_text.delta": outputDelta,
  "response.output_audio_transcript.delta": outputDelta,
  "response.output_audio_transcript.done": (frame) => outputDone(frame, "transcript"),
  "response.output_text.done": (frame) => outputDone(frame, "text"),
  "conversation.item.added": itemAdded,
  "conversation.item.created": itemAdded,
  "conversation.item.done": (frame) => toolCall(objectField(frame, "item")) ?? itemDone(frame),
  "input_audio_buffer.speech_started": (frame) => ({ kind: "speech_started", ...itemIdOf(frame) }),
  "response.created": (frame) => ({ kind: "response_created", ...responseIdOf(frame) }),
  "response.cancelled": (frame) => ({ kind: "response_cancelled", ...responseIdOf(frame) }),
  "response.done": (frame) => ({ kind: "response_done", ...responseIdOf(frame) }),
};

const V3: Parsers = {
  "session.started": sessionUpdated,
  "session.updated": sessionUpdated,
  "output_audio.delta": (frame) => {
    const data = textField(frame, "audio");
    return data === undefined ? undefined : { kind: "audio", data, sampleRate: SESSION_RATE, channels: 1 };
  },
  "input_transcript.added": (frame) => liveDelta(frame, "input_delta"),
  "output_transcript.added": (frame) => liveDelta(frame, "output_delta"),
  "turn.done": liveTurn,
  "delegation.created": liveDelegation,
};

const PARSERS: Readonly<Record<RealtimeVersion, Parsers>> = { v1: V1, v2: V2, v3: V3 };

function sessionUpdated(frame: Fields): RealtimeEvent | undefined {
  const session = objectField(frame, "session");
  const sessionId = textField(session, "id");
  const instructions = textField(session, "instructions");
  if (sessionId === undefined) return undefined;
  return { kind: "session_updated", sessionId, ...(instructions === undefined ? {} : { instructions }) };
}

function quicksilverAudio(frame: Fields): RealtimeEvent | undefined {
  const data = textField(frame, "delta") ?? textField(frame, "data");
  const sampleRate = numberField(frame, "sample_rate");
  const channels = numberField(frame, "channels") ?? numberField(frame, "num_channels");
  if (data === undefined || sampleRate === undefined || channels === undefined) return undefined;
  const samplesPerChannel = numberField(frame, "samples_per_channel");
  return {
    kind: "audio",
    data,
    sampleRate,
    channels,
    ...(samplesPerChannel === undefined ? {} : { samplesPerChannel }),
    ...itemIdOf(frame),
  };
}

function publicAudio(frame: Fields): RealtimeEvent | undefined {
  const data = textField(frame, "delta");
  if (data === undefined) return undefined;
  const sampleRate = numberField(frame, "sample_rate") ?? SESSION_RATE;
  const channels = numberField(frame, "channels") ?? numberField(frame, "num_channels") ?? 1;
  return { kind: "audio", data, sampleRate, channels, ...itemIdOf(frame) };
}

function inputDelta(frame: Fields): RealtimeEvent | undefined {
  const text = textField(frame, "delta");
  return text === undefined ? undefined : { kind: "input_delta", text, ...itemIdOf(frame) };
}

function inputDone(frame: Fields): RealtimeEvent | undefined {
  const text = textField(frame, "transcript");
  return text === undefined ? undefined : { kind: "input_done", text, ...itemIdOf(frame) };
}

function outputDelta(frame: Fields): RealtimeEvent | undefined {
  const text = textField(frame, "delta");
  return text === undefined ? undefined : { kind: "output_delta", text, ...itemIdOf(frame) };
}

function outputDone(frame: Fields, field: "transcript" | "text"): RealtimeEvent | undefined {
  const text = textField(frame, field);
  return text === undefined ? undefined : { kind: "output_done", text, ...itemIdOf(frame) };
}

function itemAdded({ item }: Fields): RealtimeEvent | undefined {
  return isObject(item) ? { kind: "item_added", item } : undefined;
}

function itemDone(frame: Fields): RealtimeEvent | undefined {
  const itemId = textField(objectField(frame, "item"), "id");
  return itemId === undefined ? undefined : { kind: "item_done", itemId };
}

function quicksilverHandoff(frame: Fields): RealtimeEvent | undefined {
  const handoffId = textField(frame, "handoff_id");
  const itemId = textField(frame, "item_id");
  const text = textField(frame, "input_transcript");
  if (handoffId === undefined || itemId === undefined || text === undefined) return undefined;
  return { kind: "handoff", handoffId, itemId, text };
}

/** Reads a call of one of the two tools of the session. A call inside `response.done` is ignored. */
function toolCall(item: Fields): RealtimeEvent | undefined {
  if (item.type !== "function_call") return undefined;
  const itemId = textField(item, "id") ?? "";
  const callId = textField(item, "call_id") ?? itemId;
  if (item.name === "remain_silent") return { kind: "no_operation", callId, itemId };
  if (item.name !== "background_agent") return undefined;
  return { kind: "handoff", handoffId: callId, itemId, text: promptIn(textField(item, "arguments") ?? "") };
}

/** Names of the argument with the request; the first that is not blank is used. */
const PROMPT_FIELDS = ["input_transcript", "input", "text", "prompt", "query"] as const;

function promptIn(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return text;
    const prompts = PROMPT_FIELDS.map((name) => textField(value, name)?.trim() ?? "");
    return prompts.find((prompt) => prompt !== "") ?? text;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

function liveDelta(frame: Fields, kind: "input_delta" | "output_delta"): RealtimeEvent | undefined {
  const item = objectField(frame, "item");
  const text = textField(item, "text");
  const itemId = textField(item, "id");
  return text === undefined ? undefined : { kind, text, ...(itemId === undefined ? {} : { itemId }) };
}

function liveTurn(frame: Fields): RealtimeEvent | undefined {
  const turn = isObject(frame.turn) ? frame.turn : frame;
  const text = textField(turn, "text") ?? textField(turn, "transcript");
  const role = textField(turn, "role");
  if (text === undefined || (role !== "user" && role !== "assistant")) return undefined;
  return { kind: role === "user" ? "input_done" : "output_done", text };
}

function liveDelegation(frame: Fields): RealtimeEvent | undefined {
  const item = objectField(frame, "item");
  const id = textField(item, "id");
  if (item.type !== "delegation" || item.target !== "client" || id === undefined) return undefined;
  const content: readonly unknown[] = Array.isArray(item.content) ? item.content : [];
  const text = content.map((part) =>
    isObject(part) && part.type === "input_text" ? textField(part, "text") ?? "" : ""
  ).join("");
  return { kind: "handoff", handoffId: id, itemId: id, text };
}

function errorEvent(frame: Fields): RealtimeEvent {
  const error = objectField(frame, "error");
  const message = textField(frame, "message") ?? textField(error, "message") ??
    JSON.stringify(frame.error ?? null);
  const code = textField(error, "code") ?? textField(error, "type");
  return { kind: "error", message, ...(code === undefined ? {} : { code }) };
}

function itemIdOf(frame: Fields): { readonly itemId?: string } {
  const itemId = textField(frame, "item_id");
  return itemId === undefined ? {} : { itemId };
}

function responseIdOf(frame: Fields): { readonly responseId?: string } {
  const responseId = textField(objectField(frame, "response"), "id") ?? textField(frame, "response_id");
  return responseId === undefined ? {} : { responseId };
}
