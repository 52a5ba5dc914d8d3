/**
 * The frames of the simulated realtime API.
 *
 * @module
 */
import type { Json } from "../api/scenario.ts";
import { identifier } from "../identifier.ts";
import type { RequestError } from "./session_config.ts";

/** Sends one frame; `false` if the peer has left. */
export type Emit = (frame: Json) => Promise<boolean>;

/** Returns a frame with a new id. */
export function eventFrame(type: string, fields: Json): Json {
  return { type, event_id: identifier("event"), ...fields };
}

/** Returns the frame for a request that is refused. */
export function errorFrame({ code, message, param }: RequestError, eventId: unknown): Json {
  return eventFrame("error", {
    error: {
      type: "invalid_request_error",
      code,
      message,
      param: param ?? null,
      event_id: typeof eventId === "string" ? eventId : null,
    },
  });
}

/** Returns the frame for a commit of less audio than can be transcribed. */
export function emptyCommit(bufferedMs: number, eventId: unknown): Json {
  return errorFrame({
    code: "input_audio_buffer_commit_empty",
    message:
      "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer " +
      `only has ${bufferedMs.toFixed(2)}ms of audio.`,
  }, eventId);
}

/** Returns the item of an utterance. */
export function spokenItem(id: string): Json {
  return {
    id,
    object: "realtime.item",
    type: "message",
    status: "completed",
    role: "user",
    content: [{ type: "input_audio", transcript: null }],
  };
}

/** Parses a frame of the client; `undefined` for text that is not a JSON object. */
export function frameOf(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
