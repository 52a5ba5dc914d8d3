/**
 * The input buffer of a simulated session: it receives audio, finds utterances in it and transcribes them.
 *
 * @module
 */
import { identifier } from "../../identifier.ts";
import { type Emit, emptyCommit, eventFrame, spokenItem } from "../realtime_frames.ts";
import type { RealtimeScenario } from "../realtime_scenario.ts";
import type { SessionFacts } from "../session_config.ts";
import { sendCompleted, sendDeltas, sendFailed, SimulatedTranscription } from "./transcription.ts";
import { RATE, VoiceActivity } from "./voice_activity.ts";

/** Minimum length of audio for a commit, ms. */
const LEAST_MS = 100;

/** The callbacks of the buffer. */
export interface InputHost {
  readonly emit: Emit;
  readonly facts: () => SessionFacts;
  readonly scenario: RealtimeScenario;
  /** Speech has begun. */
  readonly speechStarted: () => Promise<void>;
  /** An utterance is complete. */
  readonly utterance: (itemId: string, transcript: string, isDetected: boolean) => Promise<void>;
}

/** The input buffer of one session. */
export class InputAudio {
  readonly #host: InputHost;
  readonly #activity = new VoiceActivity();
  readonly #transcription = new SimulatedTranscription();
  #itemId = identifier("item");
  #previousItemId: string | null = null;
  #items = 0;
  #buffered = 0;
  #squares = 0;
  samples = 0;
  appends = 0;
  samplesBeforeText: number | undefined;
  readonly transcripts: string[] = [];

  constructor(host: InputHost) {
    this.#host = host;
  }

  /** Root mean square of all audio. */
  get level(): number {
    return this.samples === 0 ? 0 : Math.sqrt(this.#squares / this.samples);
  }

  /** Length of the audio that arrived, ms. */
  get arrivedMs(): number {
    return this.samples / RATE * 1000;
  }

  /** Adds PCM16. */
  async append(pcm: Uint8Array): Promise<void> {
    const facts = this.#host.facts();
    const samples = samplesOf(pcm);
    this.samples += samples.length;
    this.#buffered += samples.length;
    this.appends++;
    for (const sample of samples) this.#squares += sample * sample;
    for (const activity of this.#activity.add(samples, facts.detection)) {
      if (activity.kind === "started") await this.#started(activity.startMs);
      else if (activity.kind === "stopped") await this.#stopped(activity.endMs, activity.voicedMs);
      // Models without turn detection transcribe while the audio arrives.
      else if (facts.detection === undefined) await this.#hear(activity.voicedMs, facts);
    }
  }

  /** Ends the utterance on request of the client. */
  async commit(eventId: unknown): Promise<void> {
    const bufferedMs = this.#buffered / RATE * 1000;
    if (bufferedMs < LEAST_MS) return void await this.#host.emit(emptyCommit(bufferedMs, eventId));
    const { voicedMs } = this.#activity;
    this.#activity.reset();
    await this.#commit(voicedMs, false);
  }

  /** Discards the audio that was not committed. */
  async clear(): Promise<void> {
    this.#activity.reset();
    this.#transcription.finish();
    this.#buffered = 0;
    await this.#host.emit(eventFrame("input_audio_buffer.cleared", {}));
  }

  async #started(startMs: number): Promise<void> {
    const fields = { audio_start_ms: Math.round(startMs), item_id: this.#itemId };
    await this.#host.emit(eventFrame("input_audio_buffer.speech_started", fields));
    await this.#host.speechStarted();
  }

  async #stopped(endMs: number, voicedMs: number): Promise<void> {
    const fields = { audio_end_ms: Math.round(endMs), item_id: this.#itemId };
    await this.#host.emit(eventFrame("input_audio_buffer.speech_stopped", fields));
    await this.#commit(voicedMs, true);
  }

  async #commit(voicedMs: number, isDetected: boolean): Promise<void> {
    const { emit, scenario } = this.#host;
    const facts = this.#host.facts();
    const itemId = this.#itemId;
    const audioMs = this.#buffered / RATE * 1000;
    const previous_item_id = this.#previousItemId;
    this.#buffered = 0;
    this.#previousItemId = itemId;
    this.#itemId = identifier("item");
    await emit(eventFrame("input_audio_buffer.committed", { item_id: itemId, previous_item_id }));
    await emit(eventFrame("conversation.item.added", { previous_item_id, item: spokenItem(itemId) }));
    await emit(eventFrame("conversation.item.done", { previous_item_id, item: spokenItem(itemId) }));
    const index = this.#items++;
    const deltas = this.#transcription.deltasFor(voicedMs);
    const transcript = this.#transcription.finish();
    this.transcripts.push(transcript);
    if (facts.transcriptionModel !== undefined) {
      if (scenario.failedItems?.includes(index) === true) await sendFailed(emit, itemId);
      else {
        this.#noteText(deltas);
        // whisper-1 sends its whole text as one delta.
        const pieces = facts.transcriptionModel === "whisper-1" && deltas.length > 0 ? [transcript] : deltas;
        await sendDeltas(emit, itemId, pieces);
        await sendCompleted(emit, itemId, transcript, audioMs);
      }
    }
    await this.#host.utterance(itemId, transcript, isDetected);
  }

  async #hear(voicedMs: number, { transcriptionModel }: SessionFacts): Promise<void> {
    if (transcriptionModel === undefined) return;
    const deltas = this.#transcription.deltasFor(voicedMs);
    this.#noteText(deltas);
    await sendDeltas(this.#host.emit, this.#itemId, deltas);
  }

  #noteText(deltas: readonly string[]): void {
    if (deltas.length > 0) this.samplesBeforeText ??= this.samples;
  }
}

function samplesOf(pcm: Uint8Array): Int16Array {
  const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  return Int16Array.from({ length: pcm.length >> 1 }, (_, index) => view.getInt16(index * 2, true));
}
