/**
 * The frames that a client of the realtime protocol sends, as JSON text (codex client 0.171.0).
 *
 * @module
 */
import type { RealtimeVersion } from "./protocol_version.ts";
import { type InitialItem, type Json, messageOf } from "./session_update.ts";

/** Longest text of one `session.context.append` of v3, bytes of UTF-8. */
const CONTEXT_BYTES = 500;

/** The marker before the final answer to a handoff of v1. */
const FINAL_ANSWER = '"Agent Final Message":\n\n';

/** Whether a text of v3 is spoken or only added to the context. */
export type ContextChannel = "speakable" | "commentary";

/** Returns the frame that configures the session. */
export function sessionUpdate(session: Json): string {
  return JSON.stringify({ type: "session.update", session });
}

/** Returns the frame that appends PCM16 to the input. */
export function audioAppend(version: RealtimeVersion, pcm: Uint8Array): string {
  const type = version === "v3" ? "input_audio.append" : "input_audio_buffer.append";
  // Base64 needs no escapes, which JSON.stringify would search for.
  return `{"type":"${type}","audio":"${pcm.toBase64()}"}`;
}

/** The frame that ends an utterance if the server does not detect its end. v3 has none. */
export const COMMIT = '{"type":"input_audio_buffer.commit"}';

/** The frame that requests an answer. */
export const RESPONSE_CREATE = '{"type":"response.create"}';

/** The frame that ends a session of v3, before the websocket is closed. */
export const SESSION_CLOSE = '{"type":"session.close"}';

/** Returns the frames that add a text to the conversation; for v3 as many as its length requires. */
export function textFrames(
  version: RealtimeVersion,
  message: InitialItem,
  channel?: ContextChannel,
): readonly string[] {
  if (version !== "v3") {
    return [JSON.stringify({ type: "conversation.item.create", item: messageOf(message) })];
  }
  return textChunks(message.text).map((text) =>
    JSON.stringify({
      type: "session.context.append",
      ...(channel === undefined ? {} : { channel }),
      content: [{ type: "input_text", text }],
    })
  );
}

/** The answer to a handoff: the result of a tool. */
export interface ToolOutput {
  /** `handoff_id` of v1, `call_id` of v2, the id of the delegation item of v3. */
  readonly id: string;
  readonly text: string;
  /** Whether it is the final answer; v1 marks it. */
  readonly isFinal?: boolean;
  /** Only for v3. */
  readonly channel?: ContextChannel;
}

/** Returns the frames that answer a handoff. */
export function toolOutputFrames(version: RealtimeVersion, output: ToolOutput): readonly string[] {
  const { channel, id, isFinal = false, text } = output;
  switch (version) {
    case "v1": {
      const marked = isFinal ? FINAL_ANSWER + text : text;
      return [JSON.stringify({ type: "conversation.handoff.append", handoff_id: id, output_text: marked })];
    }
    case "v2": {
      const item = { type: "function_call_output", call_id: id, output: text };
      return [JSON.stringify({ type: "conversation.item.create", item })];
    }
    case "v3":
      return textChunks(text).map((piece) =>
        JSON.stringify({
          type: "delegation.context.append",
          delegation_item_id: id,
          ...(channel === undefined ? {} : { channel }),
          content: [{ type: "input_text", text: piece }],
        })
      );
  }
}

/** Splits a text between characters into parts of at most {@link CONTEXT_BYTES}. */
export function textChunks(text: string): readonly string[] {
  const chunks: string[] = [];
  const encoder = new TextEncoder();
  let chunk = "";
  let bytes = 0;
  for (const character of text) {
    const size = encoder.encode(character).length;
    if (bytes + size > CONTEXT_BYTES) {
      chunks.push(chunk);
      chunk = "";
      bytes = 0;
    }
    chunk += character;
    bytes += size;
  }
  return chunk === "" && chunks.length > 0 ? chunks : [...chunks, chunk];
}
