/**
 * The simulated transcription: one word per 400 ms of speech, counting from one. The text therefore depends
 * only on the audio.
 *
 * @module
 */
import { type Emit, eventFrame } from "../realtime_frames.ts";
import { numberWord } from "./number_words.ts";

/** Length of speech for one word, ms. */
const WORD_MS = 400;

/** Counts the words of a session. */
export class SimulatedTranscription {
  #words = 0;
  /** Number of deltas of the utterance that have been sent. */
  #deltas: string[] = [];

  /** Returns the deltas that a length of speech adds to the utterance, ms. */
  deltasFor(voicedMs: number): readonly string[] {
    const added: string[] = [];
    while (this.#deltas.length < Math.floor(voicedMs / WORD_MS)) {
      const delta = `${this.#deltas.length === 0 ? "" : " "}${numberWord(++this.#words)}`;
      this.#deltas.push(delta);
      added.push(delta);
    }
    return added;
  }

  /** Ends the utterance and returns its text. */
  finish(): string {
    const text = this.#deltas.join("");
    this.#deltas = [];
    return text;
  }
}

/** Sends deltas. */
export async function sendDeltas(emit: Emit, itemId: string, deltas: readonly string[]): Promise<void> {
  for (const delta of deltas) {
    await emit(
      eventFrame("conversation.item.input_audio_transcription.delta", {
        item_id: itemId,
        content_index: 0,
        delta,
      }),
    );
  }
}

/** Sends the end of a transcription. */
export async function sendCompleted(
  emit: Emit,
  itemId: string,
  transcript: string,
  audioMs: number,
): Promise<void> {
  const audio = Math.ceil(audioMs / 100);
  const output = transcript === "" ? 0 : transcript.split(" ").length;
  await emit(eventFrame("conversation.item.input_audio_transcription.completed", {
    item_id: itemId,
    content_index: 0,
    transcript,
    usage: {
      type: "tokens",
      total_tokens: audio + output,
      input_tokens: audio,
      input_token_details: { text_tokens: 0, audio_tokens: audio },
      output_tokens: output,
    },
  }));
}

/** Sends a failure. */
export async function sendFailed(emit: Emit, itemId: string): Promise<void> {
  await emit(eventFrame("conversation.item.input_audio_transcription.failed", {
    item_id: itemId,
    content_index: 0,
    error: {
      type: "transcription_error",
      code: "audio_unintelligible",
      message: "The audio could not be transcribed.",
      param: null,
    },
  }));
}
