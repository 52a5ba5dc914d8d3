/**
 * The simulated sessions of protocol v1: the frames of the public protocol under the names of v1.
 *
 * @module
 */
import type { Json } from "../api/scenario.ts";
import { RATE } from "./input/voice_activity.ts";

/** Frames that are sent under another name. */
const NAMES: Readonly<Record<string, string>> = {
  "conversation.item.input_audio_transcription.delta": "conversation.input_transcript.delta",
  "conversation.item.input_audio_transcription.completed": "conversation.input_transcript.turn_marked",
  "response.output_audio_transcript.delta": "conversation.output_transcript.delta",
};

/** Frames that are the same in both. */
const SAME = new Set([
  "error",
  "session.updated",
  "conversation.item.added",
  "conversation.item.done",
  "response.output_audio_transcript.done",
  "response.created",
]);

/** Returns the frame of v1; `undefined` if v1 has none. */
export function quicksilverFrame(frame: Json): Json | undefined {
  const type = String(frame["type"]);
  if (SAME.has(type)) return frame;
  if (type === "response.output_audio.delta") {
    const { delta } = frame;
    return { type: "conversation.output_audio.delta", delta, sample_rate: RATE, channels: 1 };
  }
  const name = Object.hasOwn(NAMES, type) ? NAMES[type] : undefined;
  return name === undefined ? undefined : { ...frame, type: name };
}

/** Returns the settings of the client, overridden by those that every session of v1 has. */
export function quicksilverSession(session: Json): Json {
  return {
    ...session,
    output_modalities: ["audio"],
    audio: {
      input: {
        transcription: { model: "gpt-4o-mini-transcribe" },
        turn_detection: { type: "server_vad", create_response: true, interrupt_response: true },
      },
      output: { voice: "cove" },
    },
  };
}
