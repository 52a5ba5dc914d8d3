/**
 * The work of the recording thread.
 *
 * @module
 */
import { asCulvertError } from "../../../errors.ts";
import type { ExchangeRecorder } from "../exchange_recorder.ts";
import { type LocalRecorder, startRecorder } from "../recorder.ts";
import type { RecordingReply, RecordingRequest, TapBatch } from "./messages.ts";

/** Serves the requests of one relay. */
export class RecordingService {
  readonly #reply: (message: RecordingReply) => void;
  readonly #exchanges = new Map<number, ExchangeRecorder>();
  /** Ends when every request so far is served. */
  #last: Promise<void> = Promise.resolve();
  #recorder: LocalRecorder | undefined;
  /** The time in the relay's thread, ms, as of its last request. */
  #now = 0;

  /** @param reply sends to the relay's thread */
  constructor(reply: (message: RecordingReply) => void) {
    this.#reply = reply;
  }

  /** Serves one request behind those before it. The first must be `start`, and its answer must be awaited. */
  handle(request: RecordingRequest): Promise<void> {
    return this.#last = this.#last.then(() => this.#serve(request));
  }

  /** Never rejects. */
  async #serve(request: RecordingRequest): Promise<void> {
    if ("now" in request) this.#now = request.now;
    if (request.kind === "start") return await this.#start(request);
    const recorder = this.#recorder;
    if (recorder === undefined) return;
    if (request.kind === "batch") await this.#record(recorder, request);
    if (request.kind === "flush") {
      await recorder.flush();
      this.#reply({ kind: "flushed", number: request.number, summary: recorder.summary() });
    }
    if (request.kind === "close") this.#reply({ kind: "closed", summary: await recorder.close() });
  }

  async #start({ options, startedMs }: RecordingRequest & { readonly kind: "start" }): Promise<void> {
    try {
      this.#recorder = await startRecorder({
        ...options,
        world: { now: () => startedMs, monotonic: () => this.#now },
        warn: (warning) => this.#reply({ kind: "warning", warning }),
      });
      this.#reply({ kind: "started", meta: this.#recorder.meta, summary: this.#recorder.summary() });
    } catch (thrown) {
      const { code, message, hint, details } = asCulvertError(thrown);
      this.#reply({
        kind: "refused",
        error: { code, message, details, ...(hint === undefined ? {} : { hint }) },
      });
    }
  }

  async #record(recorder: LocalRecorder, { calls, bytes }: TapBatch): Promise<void> {
    let at = 0;
    for (const call of calls) {
      if (call.what === "open") this.#exchanges.set(call.exchangeId, recorder.tap(call));
      const exchange = this.#exchanges.get(call.exchangeId);
      if (exchange === undefined) continue;
      if (call.what === "head") exchange.head(call.head);
      if (call.what === "upgrade") exchange.upgrade(call.head);
      if (call.what === "end") exchange.end(call.end);
      if (call.what === "lost") exchange.lost(call.direction, call.length);
      if (call.what === "bytes") {
        exchange.bytes(call.direction, bytes.subarray(at, at + call.length), call.at);
        at += call.length;
      }
    }
    // The relay counts these bytes as waiting until they, and what was made of them, have left the memory.
    await recorder.flush();
    for (const { exchangeId } of calls) {
      if (this.#exchanges.get(exchangeId)?.isOver === true) this.#exchanges.delete(exchangeId);
    }
    const { length } = bytes;
    // Frees the memory at once: a garbage collection of this thread's small heap comes only after hundreds of batches.
    bytes.buffer.transfer(0);
    this.#reply({ kind: "recorded", bytes: length, summary: recorder.summary() });
  }
}
