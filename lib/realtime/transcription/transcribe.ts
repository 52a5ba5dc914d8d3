/**
 * Transcribes audio over a realtime websocket.
 *
 * @module
 */
import type { ApiConnection } from "../../api/send_request.ts";
import { asCulvertError, CulvertError } from "../../errors.ts";
import type { WebSocketChannel } from "../../net/websocket/websocket.ts";
import { audioAppend, COMMIT, sessionUpdate } from "../protocol/client_frames.ts";
import { parseFrame } from "../protocol/json_fields.ts";
import { eventOf } from "../protocol/parse_event.ts";
import { detectsTurns, sessionObject, TRANSCRIPTION_MODEL } from "../protocol/session_update.ts";
import { openRealtime } from "../session/open_realtime.ts";
import { newRealtimeIdentity } from "../session/realtime_headers.ts";
import { sendAudio } from "../session/send_audio.ts";
import { sessionFailure } from "../session/session_failure.ts";
import { watchSilence } from "../session/silence_watch.ts";
import { PauseFinder } from "./pause_finder.ts";
import { TranscriptAssembler, type TranscriptUpdate } from "./transcript_assembler.ts";

/** The input and the options of a transcription. */
export interface TranscriptionRequest {
  /** PCM16 of one channel at 24,000 Hz. It is read only as fast as the server reads it. */
  readonly pcm: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Default {@link TRANSCRIPTION_MODEL}. */
  readonly model?: string;
  /** ISO 639-1, such as `en`. */
  readonly language?: string;
  /** Maximum speed of sending, as a multiple of the speed of speech. Default: no limit. */
  readonly pace?: number;
  /**
   * Ends normally when it is aborted: the audio that was sent is still transcribed, for at most {@link
   * STOP_LIMIT_MS}. Before the session is open, its reason is thrown.
   */
  readonly stop?: AbortSignal;
}

/** Receives the events. Reading waits for a returned promise. */
export interface TranscriptionSink {
  /** Each event of the API, as it was received. */
  readonly event?: (text: string) => Promise<void> | void;
  readonly update: (update: TranscriptUpdate) => Promise<void> | void;
  /** A problem that does not end the session. */
  readonly warn?: (message: string) => void;
}

/** The progress of a transcription, or its final state. */
export interface TranscriptionProgress {
  /** Audio that was sent, ms. */
  readonly sentMs: number;
  /** Audio whose transcript is complete, ms. */
  readonly transcribedMs: number;
  /** Utterances. */
  readonly segments: number;
  /** Utterances that the server could not transcribe. */
  readonly failed: number;
}

/** Longest wait for the rest of the text after `stop`, ms. */
const STOP_LIMIT_MS = 5_000;

/** A transcription. */
export interface Transcription {
  /** Its progress. */
  readonly progress: () => TranscriptionProgress;
  /**
   * Resolves at the end.
   *
   * @throws CulvertError `auth_*`, of the network and TLS codes, by the code of an error of the server,
   * `stream_closed`; the message says how much was sent and transcribed. Errors of the audio.
   */
  readonly done: Promise<TranscriptionProgress>;
}

/** Starts a transcription. */
export function transcribe(
  connection: ApiConnection,
  request: TranscriptionRequest,
  sink: TranscriptionSink,
): Transcription {
  const run = new Run(connection, request, sink);
  return { progress: () => run.progress(), done: run.run() };
}

class Run {
  readonly #connection: ApiConnection;
  readonly #request: TranscriptionRequest;
  readonly #sink: TranscriptionSink;
  readonly #assembler = new TranscriptAssembler();
  readonly #configured = Promise.withResolvers<void>();
  readonly #model: string;
  #isConfigured = false;
  #isSent = false;
  #sentMs = 0;
  /** Length of the audio whose sending has started, ms. */
  #begunMs = 0;
  #failed = 0;
  /** The progress at the failure. */
  #final: TranscriptionProgress | undefined;
  /** The last error of the server, which is the reason if it then closes the websocket. */
  #reported: CulvertError | undefined;

  constructor(connection: ApiConnection, request: TranscriptionRequest, sink: TranscriptionSink) {
    this.#connection = connection;
    this.#request = request;
    this.#sink = sink;
    this.#model = request.model ?? TRANSCRIPTION_MODEL;
    // The reader reports the failure, so the sender only waits.
    this.#configured.promise.catch(() => {});
  }

  progress(): TranscriptionProgress {
    if (this.#final !== undefined) return this.#final;
    const { segments, transcribedMs } = this.#assembler;
    return { sentMs: this.#sentMs, transcribedMs, segments, failed: this.#failed };
  }

  async run(): Promise<TranscriptionProgress> {
    const { language, stop } = this.#request;
    const channel = await openRealtime(this.#connection, {
      version: "v2",
      identity: newRealtimeIdentity(),
      intent: "transcription",
      ...(stop === undefined ? {} : { signal: stop }),
    });
    try {
      await channel.send(sessionUpdate(sessionObject({
        mode: "transcription",
        version: "v2",
        model: this.#model,
        ...(language === undefined ? {} : { language }),
      })));
      await this.#exchange(channel);
      await channel.close();
    } catch (thrown) {
      channel.drop();
      this.#final = this.progress();
      // The text so far is not lost.
      for (const update of this.#assembler.end(this.#sentMs)) await this.#sink.update(update);
      throw this.#explained(asCulvertError(thrown));
    }
    return this.progress();
  }

  async #exchange(channel: WebSocketChannel): Promise<void> {
    const { settings: { provider }, world } = this.#connection;
    const over = new AbortController();
    using watch = watchSilence(provider.streamIdleTimeoutMs, world, (error) => over.abort(error));
    using _ = this.#limitStop(over);
    const reading = this.#read(channel, over.signal, watch.heard);
    const sending = this.#send(channel, over.signal, watch.waiting);
    const fail = (error: unknown) => {
      over.abort(error);
      throw error;
    };
    await Promise.all([reading.catch(fail), sending.catch(fail)]);
  }

  /** Limits the time between `stop` and the end. */
  #limitStop(over: AbortController): Disposable {
    const { stop } = this.#request;
    const done = new AbortController();
    const onStop = () => {
      this.#connection.world.sleep(STOP_LIMIT_MS, done.signal).then(() => over.abort(stop?.reason), () => {});
    };
    if (stop?.aborted === true) onStop();
    else stop?.addEventListener("abort", onStop, { once: true, signal: done.signal });
    return { [Symbol.dispose]: () => done.abort() };
  }

  async #send(channel: WebSocketChannel, signal: AbortSignal, waiting: Waiting): Promise<void> {
    const { pace, pcm, stop = new AbortController().signal } = this.#request;
    await waiting(this.#configured.promise);
    const pauses = detectsTurns(this.#model) ? undefined : new PauseFinder();
    await sendAudio({
      pcm,
      ...(pace === undefined ? {} : { pace }),
      world: this.#connection.world,
      stop,
      signal,
      send: async (frame, durationMs) => {
        // Counted before the send: the server may answer before the send is known to be complete.
        this.#begunMs += durationMs;
        await waiting(channel.send(audioAppend("v2", frame)));
        this.#sentMs += durationMs;
        if (pauses?.add(frame, durationMs) === true) await this.#commit(channel);
      },
    });
    await this.#commit(channel);
    this.#isSent = true;
    await waiting(this.#transcribed.promise);
  }

  /** Resolved when all sent audio is transcribed. */
  readonly #transcribed = Promise.withResolvers<void>();

  async #commit(channel: WebSocketChannel): Promise<void> {
    this.#assembler.committed(this.#sentMs);
    await channel.send(COMMIT);
  }

  async #read(channel: WebSocketChannel, signal: AbortSignal, heard: () => void): Promise<void> {
    for (;;) {
      const texts = await channel.receive(signal);
      heard();
      if (texts.length === 0) {
        throw this.#reported ?? new CulvertError("stream_closed", "The server closed the realtime session");
      }
      for (const text of texts) await this.#take(text);
      if (this.#isSent && this.#assembler.unconfirmed === 0 && this.#assembler.pending === 0) {
        return this.#transcribed.resolve();
      }
    }
  }

  async #take(text: string): Promise<void> {
    await this.#sink.event?.(text);
    const frame = parseFrame(text);
    if (frame === undefined) return;
    const event = eventOf("v2", frame);
    if (event?.kind === "session_updated" && !this.#isConfigured) {
      this.#isConfigured = true;
      this.#configured.resolve();
    }
    if (event?.kind === "error") {
      if (event.code === "input_audio_buffer_commit_empty") return this.#assembler.nothingToCommit();
      const error = sessionFailure(event);
      if (!this.#isConfigured) throw error;
      this.#reported = error;
      this.#sink.warn?.(error.message);
      return;
    }
    for (const update of this.#assembler.add(frame, this.#begunMs)) {
      if (update.kind === "segment" && update.segment.failure !== undefined) this.#failed++;
      await this.#sink.update(update);
    }
  }

  /** Adds the progress of the transcription to an error. */
  #explained(error: CulvertError): CulvertError {
    const { stop } = this.#request;
    if (stop?.aborted === true && error === stop.reason) return error;
    if (error.code === "internal" || error.code === "reader_gone") return error;
    // The last error of the server is the reason why it closed the websocket.
    const cause = CLOSED.has(error.code) && this.#reported !== undefined ? this.#reported : error;
    const { segments, sentMs, transcribedMs } = this.progress();
    const far = sentMs === 0
      ? ""
      : `; ${seconds(sentMs)} of audio were sent, of which ${seconds(transcribedMs)} are transcribed`;
    return new CulvertError(cause.code, cause.message + far, {
      ...(cause.hint === undefined ? {} : { hint: cause.hint }),
      details: {
        ...error.details,
        ...cause.details,
        audio_sent_ms: Math.round(sentMs),
        audio_transcribed_ms: Math.round(transcribedMs),
        segments,
      },
      cause: error,
    });
  }
}

type Waiting = <T>(work: Promise<T>) => Promise<T>;

const CLOSED: ReadonlySet<string> = new Set(["stream_closed", "websocket", "reset"]);

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
