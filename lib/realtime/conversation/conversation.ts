/**
 * A conversation over a realtime websocket: with text and audio in both directions.
 *
 * @module
 */
import type { ApiConnection } from "../../api/send_request.ts";
import { raceAbort } from "../../async/race_abort.ts";
import { asCulvertError, CulvertError } from "../../errors.ts";
import type { WebSocketChannel, WebSocketMessage } from "../../net/websocket/websocket.ts";
import {
  audioAppend,
  COMMIT,
  RESPONSE_CREATE,
  SESSION_CLOSE,
  sessionUpdate,
  textFrames,
} from "../protocol/client_frames.ts";
import { parseFrame } from "../protocol/json_fields.ts";
import { BINARY_FRAME, eventOf } from "../protocol/parse_event.ts";
import { DEFAULT_MODEL, type RealtimeVersion } from "../protocol/protocol_version.ts";
import type { RealtimeEvent } from "../protocol/realtime_event.ts";
import { type ConversationSession, sessionObject } from "../protocol/session_update.ts";
import { openRealtime } from "../session/open_realtime.ts";
import { newRealtimeIdentity } from "../session/realtime_headers.ts";
import { sendAudio } from "../session/send_audio.ts";
import { sessionFailure } from "../session/session_failure.ts";
import { type SilenceWatch, watchSilence } from "../session/silence_watch.ts";
import { answerFailure } from "./answer_failure.ts";

/** A conversation to open. */
export interface ConversationRequest {
  readonly session: ConversationSession;
  /** Default that of the version. Not used for a call. */
  readonly model?: string;
  /** The call to join. */
  readonly callId?: string;
  /** Aborts the opening. */
  readonly signal?: AbortSignal;
}

/** Receives the events. Reading waits for a returned promise. */
export interface ConversationSink {
  /** Each text frame, as it was received. */
  readonly frame?: (text: string) => Promise<void> | void;
  readonly event: (event: RealtimeEvent) => Promise<void> | void;
}

/** An open conversation. */
export class RealtimeConversation implements AsyncDisposable {
  readonly #channel: WebSocketChannel;
  readonly #request: ConversationRequest;
  readonly #connection: ApiConnection;
  readonly #sink: ConversationSink;
  /** Aborted with the reason when the session has ended. */
  readonly #over = new AbortController();
  readonly #watch: SilenceWatch;
  readonly #configured = Promise.withResolvers<void>();
  #isConfigured = false;
  #isClosing = false;
  /** Number of answers that the server has started and not ended. */
  #answering = 0;
  /** Whether the server has detected speech without its end. */
  #isSpeaking = false;
  #unconfirmedClears = 0;
  #waiters: Waiter[] = [];
  #reported: CulvertError | undefined;

  private constructor(
    channel: WebSocketChannel,
    connection: ApiConnection,
    request: ConversationRequest,
    sink: ConversationSink,
  ) {
    this.#channel = channel;
    this.#connection = connection;
    this.#request = request;
    this.#sink = sink;
    const { settings: { provider }, world } = connection;
    this.#watch = watchSilence(provider.streamIdleTimeoutMs, world, (error) => this.#over.abort(error));
    void this.#read();
  }

  /**
   * Opens the websocket and configures the session.
   *
   * @throws CulvertError `usage` for a session that the version does not have; else as `openRealtime`, and by the code
   *   of an error of the server
   */
  static async open(
    connection: ApiConnection,
    request: ConversationRequest,
    sink: ConversationSink,
  ): Promise<RealtimeConversation> {
    const { callId, session, signal } = request;
    const { version } = session;
    const model = request.model ?? DEFAULT_MODEL[version];
    const object = sessionObject({ ...session, ...(version === "v3" ? { model } : {}) });
    const channel = await openRealtime(connection, {
      version,
      identity: newRealtimeIdentity(),
      ...(callId === undefined ? { model } : { callId }),
      ...(signal === undefined ? {} : { signal }),
    });
    const conversation = new RealtimeConversation(channel, connection, request, sink);
    try {
      // A call that was created with v3 is already configured.
      if (callId !== undefined && version === "v3") return conversation;
      await channel.send(sessionUpdate(object));
      await raceAbort(conversation.#wait(conversation.#configured.promise), signal);
      return conversation;
    } catch (error) {
      channel.drop();
      conversation.#watch[Symbol.dispose]();
      throw error;
    }
  }

  /** Aborted with the reason when the session has ended, even without a pending request. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Adds a text of the user. */
  async say(text: string): Promise<void> {
    for (const frame of textFrames(this.#version, { role: "user", text })) await this.#send(frame);
  }

  /**
   * Sends speech of the user.
   *
   * @param pcm PCM16 of one channel at 24,000 Hz
   * @param options `pace` as for {@link sendAudio}; `stop` ends the audio normally
   */
  async hear(
    pcm: AsyncIterable<Uint8Array<ArrayBuffer>>,
    options: { readonly pace?: number | undefined; readonly stop?: AbortSignal } = {},
  ): Promise<void> {
    const { pace, stop = new AbortController().signal } = options;
    await sendAudio({
      pcm,
      ...(pace === undefined ? {} : { pace }),
      stop,
      signal: this.#over.signal,
      world: this.#connection.world,
      send: (frame) => this.#send(audioAppend(this.#version, frame)),
    });
  }

  /** Ends an utterance whose end the server does not detect. Only for v2. */
  async endUtterance(): Promise<void> {
    if (this.#version === "v2") await this.#send(COMMIT);
  }

  /**
   * Requests an answer, and waits for its end.
   *
   * @throws CulvertError `response_failed`, `incomplete` and others by the error of the answer; of the
   * network
   */
  async answer(): Promise<void> {
    const ended = this.#until((event) => isEnd(this.#version, event));
    // v1 and v3 answer without this request.
    if (this.#version === "v2") await this.#send(RESPONSE_CREATE);
    await this.#wait(ended);
  }

  /** Waits until every detected utterance is answered. */
  async settle(): Promise<void> {
    if (this.#version === "v2") {
      this.#unconfirmedClears++;
      await this.#send(CLEAR);
    }
    await this.#wait(this.#until(() => this.#isSettled));
  }

  /** Closes the session with a close handshake. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    if (this.#version === "v3" && this.#channel.isOpen) {
      await this.#channel.send(SESSION_CLOSE).catch(() => {});
    }
    await this.#channel.close();
    this.#watch[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #version(): RealtimeVersion {
    return this.#request.session.version;
  }

  get #isSettled(): boolean {
    return this.#answering === 0 && !this.#isSpeaking && this.#unconfirmedClears === 0;
  }

  async #send(frame: string): Promise<void> {
    await this.#wait(this.#channel.send(frame));
  }

  /** Waits for an event of the server; the end of the session ends the wait with its reason. */
  async #wait<T>(work: Promise<T>): Promise<T> {
    return await this.#watch.waiting(raceAbort(work, this.#over.signal));
  }

  #until(condition: (event: RealtimeEvent | undefined) => boolean): Promise<void> {
    if (condition(undefined)) return Promise.resolve();
    const { promise, reject, resolve } = Promise.withResolvers<void>();
    this.#waiters.push({ condition, resolve, reject });
    promise.catch(() => {});
    return promise;
  }

  /** Reads to the end of the session. Never rejects: pending waits receive the reason of the end. */
  async #read(): Promise<void> {
    try {
      for (;;) {
        const messages = await this.#channel.receiveMessages(this.#over.signal);
        this.#watch.heard();
        if (messages.length === 0) {
          throw new CulvertError("stream_closed", "The server closed the realtime session");
        }
        for (const message of messages) await this.#take(message);
      }
    } catch (thrown) {
      this.#watch[Symbol.dispose]();
      if (!this.#isClosing) this.#channel.drop();
      const error = asCulvertError(thrown);
      // The last error of the server is the reason why it closed the websocket.
      this.#over.abort(this.#reported !== undefined && CLOSED.has(error.code) ? this.#reported : error);
    }
  }

  async #take(message: WebSocketMessage): Promise<void> {
    if (typeof message !== "string") return await this.#sink.event(BINARY_FRAME);
    await this.#sink.frame?.(message);
    const frame = parseFrame(message);
    if (frame === undefined) return;
    this.#follow(frame.type);
    const event = eventOf(this.#version, frame);
    if (event !== undefined) await this.#sink.event(event);
    if (event?.kind === "session_updated" && !this.#isConfigured) {
      this.#isConfigured = true;
      this.#configured.resolve();
    }
    if (event?.kind === "error") {
      this.#reported = sessionFailure(event);
      if (!this.#isConfigured) throw this.#reported;
    }
    const failure = frame.type === "response.done" ? answerFailure(frame) : undefined;
    this.#waiters = this.#waiters.filter(({ condition, reject, resolve }) => {
      // A request that the server refuses is not answered.
      if (event?.kind === "error") reject(this.#reported);
      else if (!condition(event)) return true;
      else if (failure !== undefined) reject(failure);
      else resolve();
      return false;
    });
  }

  #follow(type: string): void {
    if (type === "response.created") this.#answering++;
    else if (type === "response.done") this.#answering = Math.max(0, this.#answering - 1);
    else if (type === "input_audio_buffer.speech_started") this.#isSpeaking = true;
    else if (type === "input_audio_buffer.committed") this.#isSpeaking = false;
    else if (type === "input_audio_buffer.cleared") {
      this.#unconfirmedClears = Math.max(0, this.#unconfirmedClears - 1);
    }
  }
}

interface Waiter {
  /** Called with each event; `undefined` for one that the version does not know. */
  readonly condition: (event: RealtimeEvent | undefined) => boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const CLEAR = '{"type":"input_audio_buffer.clear"}';

const CLOSED: ReadonlySet<string> = new Set(["stream_closed", "websocket", "reset"]);

/** Returns whether an answer ends with an event. v1 and v3 have no specific event for it. */
function isEnd(version: RealtimeVersion, event: RealtimeEvent | undefined): boolean {
  return event?.kind === (version === "v2" ? "response_done" : "output_done");
}
