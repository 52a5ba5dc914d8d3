/**
 * The simulated answers of a conversation: the events of one response, in text or in audio.
 *
 * @module
 */
import type { Json } from "../api/scenario.ts";
import { pause } from "../api/sse_body.ts";
import { identifier } from "../identifier.ts";
import { type Emit, eventFrame } from "./realtime_frames.ts";
import { RATE } from "./input/voice_activity.ts";

/** The input of an answer. */
export interface AnswerRequest {
  /** The latest text of the user. */
  readonly said: string;
  readonly output: "audio" | "text";
  readonly voice: unknown;
  readonly previousItemId: string | null;
  readonly gapMs: number | undefined;
  /** Aborted when the answer is cancelled; the reason is that of `status_details`. */
  readonly signal: AbortSignal;
}

/** Length of the tone of one word, and of the pause after it, samples. */
const TONE = RATE * 0.3;
const PAUSE = RATE * 0.1;
/** Frequency of the tone, Hz. */
const TONE_HZ = 440;

/** Returns the text of an answer. */
function answerText(said: string): string {
  return said.trim() === "" ? "I heard nothing." : `You said: ${said.trim()}`;
}

/**
 * Sends the events of one answer.
 *
 * @returns the id of the item that it added to the conversation
 */
export async function sendAnswer(emit: Emit, request: AnswerRequest): Promise<string> {
  const { output, previousItemId, signal, voice } = request;
  const responseId = identifier("resp");
  const itemId = identifier("item");
  const isAudio = output === "audio";
  const place = { response_id: responseId, item_id: itemId, output_index: 0, content_index: 0 };
  const response = (status: string, items: readonly Json[], more: Json = {}) => ({
    object: "realtime.response",
    id: responseId,
    status,
    status_details: null,
    output: items,
    conversation_id: "conv_simulated",
    output_modalities: [output],
    max_output_tokens: "inf",
    audio: { output: { format: { type: "audio/pcm", rate: RATE }, voice } },
    usage: null,
    metadata: null,
    ...more,
  });
  const item = (status: string, text: string | undefined) => ({
    id: itemId,
    object: "realtime.item",
    type: "message",
    status,
    role: "assistant",
    content: text === undefined ? [] : [part(isAudio, text)],
  });
  const ordered = { response_id: responseId, output_index: 0 };
  const added = { previous_item_id: previousItemId };
  await emit(eventFrame("response.created", { response: response("in_progress", []) }));
  await emit(eventFrame("response.output_item.added", { ...ordered, item: item("in_progress", undefined) }));
  await emit(eventFrame("conversation.item.added", { ...added, item: item("in_progress", undefined) }));
  await emit(eventFrame("response.content_part.added", { ...place, part: part(isAudio, "") }));
  const prefix = isAudio ? "response.output_audio_transcript" : "response.output_text";
  let text = "";
  for (const piece of answerText(request.said).split(/(?<=\s)/)) {
    if (request.gapMs !== undefined) await pause(request.gapMs, signal);
    if (signal.aborted) break;
    text += piece;
    await emit(eventFrame(`${prefix}.delta`, { ...place, delta: piece }));
    if (isAudio) {
      await emit(eventFrame("response.output_audio.delta", { ...place, delta: tone().toBase64() }));
    }
  }
  const status = signal.aborted ? "incomplete" : "completed";
  if (isAudio) await emit(eventFrame("response.output_audio.done", place));
  await emit(eventFrame(`${prefix}.done`, { ...place, [isAudio ? "transcript" : "text"]: text }));
  await emit(eventFrame("response.content_part.done", { ...place, part: part(isAudio, text) }));
  await emit(eventFrame("response.output_item.done", { ...ordered, item: item(status, text) }));
  await emit(eventFrame("conversation.item.done", { ...added, item: item(status, text) }));
  const end = signal.aborted
    ? response("cancelled", [item(status, text)], {
      status_details: { type: "cancelled", reason: String(signal.reason) },
    })
    : response("completed", [item(status, text)], { usage: usageOf(text) });
  await emit(eventFrame("response.done", { response: end }));
  return itemId;
}

function part(isAudio: boolean, text: string): Json {
  return isAudio ? { type: "output_audio", transcript: text } : { type: "output_text", text };
}

function usageOf(text: string): Json {
  const output = text.split(" ").length;
  return {
    total_tokens: 10 + output,
    input_tokens: 10,
    output_tokens: output,
    input_token_details: { text_tokens: 10, audio_tokens: 0, cached_tokens: 0 },
    output_token_details: { text_tokens: output, audio_tokens: 0 },
  };
}

/** Returns PCM16 of one word: a tone that is faded in and out, and a pause. */
export function tone(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array((TONE + PAUSE) * 2);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < TONE; index++) {
    const edge = Math.min(1, index / 240, (TONE - index) / 240);
    view.setInt16(index * 2, Math.round(8_000 * edge * Math.sin(2 * Math.PI * TONE_HZ * index / RATE)), true);
  }
  return bytes;
}
