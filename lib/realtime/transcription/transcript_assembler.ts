/**
 * Sorts the events of a transcription session in the order of the audio: the server may complete a later
 * utterance before an earlier one.
 *
 * @module
 */
import { type Fields, numberField, objectField, textField } from "../protocol/json_fields.ts";

/** The transcript of one utterance. */
export interface TranscriptSegment {
  readonly itemId: string;
  /** Counted from 0. */
  readonly index: number;
  /** Offsets in the audio, ms. They never go back. */
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  /** Set if the session ended before the transcript was complete. */
  readonly isPartial?: true;
  /** Set if the server could not transcribe the utterance. */
  readonly failure?: { readonly message: string; readonly code?: string };
}

/** The addition of an event to the transcript. */
export type TranscriptUpdate =
  /** Text of the next utterance in order. */
  | { readonly kind: "text"; readonly text: string }
  /** The end of that utterance; its text may differ from the deltas. */
  | { readonly kind: "segment"; readonly segment: TranscriptSegment };

interface Item {
  readonly id: string;
  text: string;
  /** The part of `text` that was reported. */
  reported: number;
  startMs?: number;
  endMs?: number;
  isCommitted: boolean;
  isDone: boolean;
  isPartial?: true;
  failure?: NonNullable<TranscriptSegment["failure"]>;
}

/** Assembles the transcript of one session. It keeps only the utterances whose transcript is not complete. */
export class TranscriptAssembler {
  readonly #items: Item[] = [];
  /** Offsets at which the client committed audio and that the server did not confirm yet, ms. */
  readonly #commits: number[] = [];
  #endMs = 0;
  #count = 0;
  #silenceMs = 0;

  /** Utterances whose audio the server has and whose transcript is not complete. */
  get pending(): number {
    return this.#items.filter(({ isCommitted, isDone }) => isCommitted && !isDone).length;
  }

  /** Commits of the client that the server did not confirm. */
  get unconfirmed(): number {
    return this.#commits.length;
  }

  /** Utterances whose transcript is complete, but for silence. */
  get segments(): number {
    return this.#count;
  }

  /** The audio whose transcript is complete, ms. */
  get transcribedMs(): number {
    return this.#endMs;
  }

  /** Records that the client committed its audio up to an offset. */
  committed(offsetMs: number): void {
    this.#commits.push(offsetMs);
  }

  /** Records that the server had nothing to commit. */
  nothingToCommit(): void {
    this.#commits.shift();
  }

  /**
   * Adds an event of the server.
   *
   * @param audioMs length of the audio that was sent, ms; a later time in an event counts as this one
   * @returns what the event adds to the transcript
   */
  add(
    frame: Fields & { readonly type: string },
    audioMs = Number.POSITIVE_INFINITY,
  ): readonly TranscriptUpdate[] {
    const { type } = frame;
    if (type === "session.updated") this.#readSilence(frame);
    const id = textField(frame, "item_id");
    if (id === undefined) return [];
    switch (type) {
      case "input_audio_buffer.speech_started":
        this.#setTime(this.#itemOf(id), "startMs", offsetIn(frame, "audio_start_ms", audioMs));
        return [];
      case "input_audio_buffer.speech_stopped":
        this.#setTime(this.#itemOf(id), "endMs", offsetIn(frame, "audio_end_ms", audioMs));
        return [];
      case "input_audio_buffer.committed":
        this.#confirm(this.#itemOf(id));
        return [];
      case "conversation.item.input_audio_transcription.delta":
        this.#itemOf(id).text += textField(frame, "delta") ?? "";
        return this.#report();
      case "conversation.item.input_audio_transcription.completed": {
        const item = this.#itemOf(id);
        item.text = textField(frame, "transcript") ?? item.text;
        item.isDone = true;
        return this.#report();
      }
      case "conversation.item.input_audio_transcription.failed": {
        const item = this.#itemOf(id);
        const error = objectField(frame, "error");
        const code = textField(error, "code");
        const message = textField(error, "message") ?? "no explanation";
        item.failure = { message, ...(code === undefined ? {} : { code }) };
        item.isDone = true;
        return this.#report();
      }
    }
    return [];
  }

  /** Returns the text of the incomplete utterances. It is the last call. */
  end(audioMs: number): readonly TranscriptUpdate[] {
    for (const item of this.#items) {
      if (!item.isDone) item.isPartial = true;
      item.isDone = true;
      item.endMs ??= audioMs;
    }
    return this.#report();
  }

  /** The server counts the silence that ends an utterance as a part of it. */
  #readSilence(frame: Fields): void {
    const input = objectField(objectField(objectField(frame, "session"), "audio"), "input");
    const stated = numberField(objectField(input, "turn_detection"), "silence_duration_ms") ?? 0;
    this.#silenceMs = Math.max(0, stated);
  }

  #itemOf(id: string): Item {
    const known = this.#items.find((item) => item.id === id);
    if (known !== undefined) return known;
    const item: Item = { id, text: "", reported: 0, isCommitted: false, isDone: false };
    this.#items.push(item);
    return item;
  }

  #setTime(item: Item, name: "startMs" | "endMs", value: number | undefined): void {
    if (value !== undefined) item[name] = value;
  }

  #confirm(item: Item): void {
    item.isCommitted = true;
    // An utterance that the server ended does not confirm a commit of the client.
    if (item.endMs !== undefined) return;
    const offset = this.#commits.shift();
    if (offset !== undefined) item.endMs = offset + this.#silenceMs;
  }

  #report(): readonly TranscriptUpdate[] {
    const updates: TranscriptUpdate[] = [];
    for (;;) {
      const item = this.#items[0];
      if (item === undefined) return updates;
      if (!item.isDone) {
        const text = item.text.slice(item.reported);
        item.reported = item.text.length;
        if (text !== "") updates.push({ kind: "text", text });
        return updates;
      }
      this.#items.shift();
      const segment = this.#segmentOf(item);
      // The audio that is committed at the end is often silence, which is not reported.
      const isSilence = segment.text === "" && item.reported === 0 && segment.failure === undefined;
      if (isSilence) continue;
      this.#count++;
      updates.push({ kind: "segment", segment });
    }
  }

  #segmentOf(item: Item): TranscriptSegment {
    const startMs = Math.max(item.startMs ?? this.#endMs, this.#endMs);
    const endMs = Math.max((item.endMs ?? startMs) - this.#silenceMs, startMs);
    this.#endMs = endMs;
    const { failure, id, isPartial, text } = item;
    return {
      itemId: id,
      index: this.#count,
      startMs,
      endMs,
      text: text.trim(),
      ...(isPartial === undefined ? {} : { isPartial }),
      ...(failure === undefined ? {} : { failure }),
    };
  }
}

/** Returns a time that the server states, ms, from 0 to the end of the audio. The server rounds to whole ms. */
function offsetIn(frame: Fields, name: string, audioMs: number): number | undefined {
  const stated = numberField(frame, name);
  return stated === undefined ? undefined : Math.min(Math.max(0, stated), Math.ceil(audioMs));
}
