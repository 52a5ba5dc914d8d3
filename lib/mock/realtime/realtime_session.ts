/**
 * One simulated realtime session over a websocket, as the public API speaks it.
 *
 * @module
 */
import type { ServedWebSocket } from "../../net/server/served_websocket.ts";
import type { Json } from "../api/scenario.ts";
import { identifier } from "../identifier.ts";
import { Conversation } from "./conversation.ts";
import { InputAudio } from "./input/input_audio.ts";
import { pause } from "../api/sse_body.ts";
import { type Dialect, DIALECTS } from "./dialect.ts";
import { type Emit, errorFrame, eventFrame, frameOf } from "./realtime_frames.ts";
import type { RealtimeScenario } from "./realtime_scenario.ts";
import { factsOf, initialSession, missing, type RequestError, type SessionType } from "./session_config.ts";

/** Options of a session. */
export interface RealtimeSessionOptions {
  readonly type: SessionType;
  readonly model: string;
  readonly scenario: RealtimeScenario;
  /** Receives each frame of the client without audio. */
  readonly record: (frame: Json) => void;
  /** Default `v2`. */
  readonly version?: keyof typeof DIALECTS;
}

/** A text of v3 may come in several frames: it is answered if no other frame follows within this time, ms. */
const TEXT_PAUSE_MS = 30;

/** One session. */
export class RealtimeSession {
  readonly input: InputAudio;
  readonly #socket: ServedWebSocket;
  readonly #options: RealtimeSessionOptions;
  readonly #conversation: Conversation;
  readonly #dialect: Dialect;
  #session: Json;
  /** The parts of an incomplete text of v3. */
  readonly #context: unknown[] = [];
  /** Aborted when another part follows. */
  #contextEnd = new AbortController();
  #isFrameSent = false;
  #isOver = false;

  constructor(socket: ServedWebSocket, options: RealtimeSessionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#dialect = DIALECTS[options.version ?? "v2"];
    const { model, scenario, type } = options;
    this.#session = initialSession(type, identifier("sess"), model, Date.now());
    this.#conversation = new Conversation({
      emit: this.#emit,
      output: () => factsOf(this.#session).output,
      voice: () => this.#voice(),
      gapMs: scenario.gapMs,
    });
    this.input = new InputAudio({
      emit: this.#emit,
      facts: () => factsOf(this.#session),
      scenario,
      speechStarted: async () => {
        if (factsOf(this.#session).interrupts) await this.#conversation.cancel("turn_detected");
      },
      utterance: async (itemId, transcript, isDetected) => {
        this.#conversation.heard(itemId, transcript);
        if (isDetected && factsOf(this.#session).answersSpeech) await this.#conversation.respond({});
      },
    });
  }

  /** Serves the session until the client or the scenario ends it. */
  async serve(): Promise<void> {
    await this.#emit(eventFrame("session.created", { session: this.#session }));
    for await (const text of this.#socket.messages) {
      const frame = frameOf(text);
      if (frame === undefined) {
        await this.#refuse({ message: "The message is not a JSON object.", code: "invalid_json" }, undefined);
        continue;
      }
      await this.#take(frame);
      if (this.#isOver) return;
    }
    await this.#conversation.cancel("client_cancelled");
  }

  #emit: Emit = async (frame) => {
    const sent = this.#dialect.sent(frame);
    return sent === undefined || await this.#socket.send(JSON.stringify(sent));
  };

  async #take(given: Json): Promise<void> {
    const frame = this.#dialect.received(given);
    if (frame["type"] === "input_audio_buffer.append") return await this.#append(frame);
    this.#options.record(given);
    switch (frame["type"]) {
      case "session.update":
        return await this.#update(frame);
      case "input_audio_buffer.commit":
        return await this.input.commit(frame["event_id"]);
      case "input_audio_buffer.clear":
        return await this.input.clear();
      case "conversation.item.create":
        await this.#conversation.create(frame);
        return this.#dialect.answersText ? await this.#conversation.respond({}) : undefined;
      case "session.context.append":
        if (!this.#dialect.hasContext) break;
        return this.#takeContext(frame);
      case "session.close":
        if (!this.#dialect.hasContext) break;
        return;
      case "response.create":
        return await this.#conversation.respond(frame);
      case "response.cancel":
        return await this.#conversation.cancel("client_cancelled", frame);
    }
    await this.#refuse(
      frame["type"] === undefined
        ? missing("type")
        : { message: `Invalid value: '${frame["type"]}'.`, code: "invalid_value", param: "type" },
      frame,
    );
  }

  /** Adds a part of a text, and answers the text when it is complete. */
  #takeContext({ content }: Json): void {
    if (Array.isArray(content)) this.#context.push(...content);
    this.#contextEnd.abort();
    const { signal } = this.#contextEnd = new AbortController();
    void pause(TEXT_PAUSE_MS, signal).then(async () => {
      if (signal.aborted || this.#isOver) return;
      const item = { type: "message", role: "user", content: this.#context.splice(0) };
      await this.#conversation.create({ item });
      await this.#conversation.respond({});
    });
  }

  async #append(frame: Json): Promise<void> {
    const pcm = bytesOf(frame["audio"]);
    if (pcm === undefined) {
      const message = "Invalid 'audio'. Expected base64-encoded audio bytes.";
      return await this.#refuse({ message, code: "invalid_value", param: "audio" }, frame);
    }
    await this.input.append(pcm);
    const { close, cutAfterMs = Infinity, frame: extra, stallAfterMs = Infinity } = this.#options.scenario;
    const { arrivedMs } = this.input;
    if (extra !== undefined && arrivedMs >= extra.afterMs && !this.#isFrameSent) {
      this.#isFrameSent = true;
      await this.#socket.send(JSON.stringify(extra.frame));
    }
    if (arrivedMs >= cutAfterMs) this.#end(() => this.#socket.drop());
    else if (close !== undefined && arrivedMs >= close.afterMs) {
      this.#end(() => this.#socket.close(close.code, close.reason));
    } else if (arrivedMs >= stallAfterMs) this.#end(() => this.#socket.stall());
  }

  #end(by: () => void): void {
    this.#isOver = true;
    by();
  }

  async #update(frame: Json): Promise<void> {
    const { session } = frame;
    const { refuses } = this.#options.scenario;
    if (refuses !== undefined) return await this.#refuse(refuses, frame);
    if (typeof session !== "object" || session === null || Array.isArray(session)) {
      return await this.#refuse(missing("session"), frame);
    }
    const updated = this.#dialect.updated(this.#session, { ...session });
    if (isError(updated)) return await this.#refuse(updated, frame);
    this.#session = updated;
    await this.#emit(eventFrame("session.updated", { session: updated }));
  }

  async #refuse(error: RequestError, frame: Json | undefined): Promise<void> {
    await this.#emit(errorFrame(error, frame?.["event_id"]));
  }

  #voice(): unknown {
    const { audio } = this.#session;
    const output: unknown = typeof audio === "object" && audio !== null
      ? Reflect.get(audio, "output")
      : undefined;
    return typeof output === "object" && output !== null ? Reflect.get(output, "voice") : undefined;
  }
}

function bytesOf(audio: unknown): Uint8Array | undefined {
  if (typeof audio !== "string") return undefined;
  try {
    return Uint8Array.fromBase64(audio);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isError(value: Json | RequestError): value is RequestError {
  return "code" in value && "message" in value;
}
