/**
 * The simulated sessions of protocol v3, which is named live: the frames of the public protocol under the names of v3.
 *
 * @module
 */
import type { Json } from "../api/scenario.ts";

/** The frames that v3 sends, by those of the public protocol. */
const SENT: Readonly<Record<string, (frame: Json) => Json>> = {
  error: (frame) => frame,
  "session.updated": (frame) => ({ ...frame, type: "session.started" }),
  "response.output_audio.delta": ({ delta }) => ({ type: "output_audio.delta", audio: delta }),
  "conversation.item.input_audio_transcription.delta": (frame) => added("input_transcript.added", frame),
  "conversation.item.input_audio_transcription.completed": ({ transcript }) => turn("user", transcript),
  "response.output_audio_transcript.delta": (frame) => added("output_transcript.added", frame),
  "response.output_audio_transcript.done": ({ transcript }) => turn("assistant", transcript),
};

function added(type: string, { delta, item_id }: Json): Json {
  return { type, item: { id: item_id, text: delta } };
}

function turn(role: "user" | "assistant", text: unknown): Json {
  return { type: "turn.done", turn: { role, text } };
}

/** Returns the frame of v3; `undefined` if v3 has none. */
export function liveFrame(frame: Json): Json | undefined {
  const type = String(frame["type"]);
  return Object.hasOwn(SENT, type) ? SENT[type]?.(frame) : undefined;
}

/** Returns the frame of the public protocol for a frame of a v3 client. */
export function publicFrame(frame: Json): Json {
  return frame["type"] === "input_audio.append" ? { ...frame, type: "input_audio_buffer.append" } : frame;
}
