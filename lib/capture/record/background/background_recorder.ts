/**
 * Records in a thread of its own, so that redaction, hashing and decompression never hold a relay's traffic up: a body
 * of 3 MB that was not seen before takes a third of a second.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { CulvertError } from "../../../errors.ts";
import type { ExchangeIds, ExchangeTap } from "../../../net/exchange_tap.ts";
import type { World } from "../../../world/world.ts";
import type { CaptureMeta } from "../format.ts";
import type { Recorder, RecorderOptions, RecorderSummary } from "../recorder.ts";
import type { RecordingReply, TapCall } from "./messages.ts";
import type { RecordingThread } from "./recording_thread.ts";

/**
 * Time for which calls are collected before they go to the thread, ms. A process that is killed loses the records of
 * this time. Each batch costs the relay's thread as much as forwarding several events: with 20 ms, 100 streams of 20
 * events a second took a fifth more processor time.
 */
const BATCH_MS = 100;
/** Bytes with which a batch goes at the end of the turn of the event loop. */
const BATCH_BYTES = 256 * 1024;
/** Bytes that may wait for the thread. With more, bodies are left out: the traffic does not wait for its recording. */
const MAX_WAITING = 128 * 1024 * 1024;

/** Options of {@link startBackgroundRecorder}. */
export interface BackgroundRecorderOptions extends Omit<RecorderOptions, "world" | "secrets"> {
  readonly world: Pick<World, "now" | "monotonic" | "sleep">;
  /** Secrets that are known from the start. */
  readonly secrets?: readonly string[];
  /** Default 128 MiB. */
  readonly maxWaitingBytes?: number;
}

/**
 * Makes the directory of a capture and starts to record.
 *
 * @throws CulvertError `output_unwritable` when the directory cannot be made, is a symbolic link, or holds a capture
 */
export async function startBackgroundRecorder(options: BackgroundRecorderOptions): Promise<Recorder> {
  const { startRecordingThread } = await import("./recording_thread.ts");
  const recorder = new BackgroundRecorder(options);
  const meta = await recorder.start(startRecordingThread);
  return {
    meta,
    tap: (ids) => recorder.tap(ids),
    summary: () => recorder.summary,
    flush: () => recorder.flush(),
    close: () => recorder.close(),
  };
}

class BackgroundRecorder {
  readonly #options: BackgroundRecorderOptions;
  #thread: RecordingThread | undefined;
  #calls: TapCall[] = [];
  #chunks: Uint8Array[] = [];
  /** Bytes of {@link #chunks}. */
  #collected = 0;
  /** Bytes that are collected or in the thread. */
  #waiting = 0;
  /** Whether {@link BATCH_MS} is running. */
  #isScheduled = false;
  /** Whether the batch is sent at the end of this turn of the event loop. */
  #isFull = false;
  #flushes = 0;
  readonly #flushed = new Map<number, () => void>();
  /** Whether bytes were left out. */
  #isOverloaded = false;
  readonly #started = Promise.withResolvers<CaptureMeta>();
  readonly #closed = Promise.withResolvers<void>();
  #failure: string | undefined;
  summary: RecorderSummary;

  constructor(options: BackgroundRecorderOptions) {
    this.#options = options;
    const { directory } = options;
    this.summary = { directory, exchanges: 0, records: 0 };
  }

  async start(
    startThread: typeof import("./recording_thread.ts").startRecordingThread,
  ): Promise<CaptureMeta> {
    const { world, warn: _warn, maxWaitingBytes: _max, ...options } = this.#options;
    this.#thread = startThread((reply) => this.#take(reply), (error) => this.#fail(error));
    this.#thread.send({ kind: "start", options, startedMs: world.now(), now: world.monotonic() });
    try {
      return await this.#started.promise;
    } catch (error) {
      this.#thread.terminate();
      throw error;
    }
  }

  tap(ids: ExchangeIds): ExchangeTap {
    const { exchangeId, connectionId } = ids;
    this.#add({ exchangeId, what: "open", connectionId });
    return {
      head: (head) => this.#add({ exchangeId, what: "head", head }),
      upgrade: (head) => this.#add({ exchangeId, what: "upgrade", head }),
      end: (end) => this.#add({ exchangeId, what: "end", end }),
      bytes: (direction, data, at) => {
        const { length } = data;
        const { maxWaitingBytes = MAX_WAITING } = this.#options;
        if (this.#failure !== undefined) return;
        if (this.#waiting + length > maxWaitingBytes) {
          this.#reportOverload();
          return this.#add({ exchangeId, what: "lost", direction, length });
        }
        this.#chunks.push(data);
        this.#collected += length;
        this.#waiting += length;
        this.#add({ exchangeId, what: "bytes", direction, at, length });
      },
    };
  }

  async flush(): Promise<void> {
    if (this.#failure !== undefined || this.#thread === undefined) return;
    this.#send();
    const number = ++this.#flushes;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#flushed.set(number, resolve);
    this.#thread?.send({ kind: "flush", number });
    await promise;
  }

  async close(): Promise<RecorderSummary> {
    if (this.#failure === undefined) {
      this.#send();
      this.#thread?.send({ kind: "close", now: this.#options.world.monotonic() });
      await this.#closed.promise;
    }
    this.#thread?.terminate();
    this.#thread = undefined;
    return this.summary;
  }

  #add(call: TapCall): void {
    if (this.#failure !== undefined) return;
    this.#calls.push(call);
    if (this.#collected >= BATCH_BYTES && !this.#isFull) {
      this.#isFull = true;
      // Not within this call: the relay forwards the bytes after it.
      setImmediate(() => this.#send());
    }
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    void this.#options.world.sleep(BATCH_MS).then(() => {
      this.#isScheduled = false;
      this.#send();
    });
  }

  #send(): void {
    this.#isFull = false;
    const calls = this.#calls;
    if (calls.length === 0) return;
    // A copy, which moves to the thread: the relay still sends the chunks.
    const bytes = new Uint8Array(this.#collected);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    this.#calls = [];
    this.#chunks = [];
    this.#collected = 0;
    this.#thread?.send({ kind: "batch", now: this.#options.world.monotonic(), calls, bytes }, bytes.buffer);
  }

  #take(reply: RecordingReply): void {
    if ("summary" in reply) this.summary = reply.summary;
    switch (reply.kind) {
      case "started":
        return this.#started.resolve(reply.meta);
      case "refused":
        return this.#started.reject(new CulvertError(reply.error.code, reply.error.message, reply.error));
      case "warning":
        return this.#options.warn?.(reply.warning);
      case "recorded":
        this.#waiting -= reply.bytes;
        return;
      case "flushed":
        this.#flushed.get(reply.number)?.();
        this.#flushed.delete(reply.number);
        return;
      case "closed":
        return this.#closed.resolve();
    }
  }

  /** Warns once that bytes are left out. */
  #reportOverload(): void {
    if (this.#isOverloaded) return;
    this.#isOverloaded = true;
    this.#options.warn?.({
      code: "capture_overloaded",
      message:
        `The traffic is faster than the recording in ${this.#options.directory}: some exchanges are not ` +
        "recorded to their end. The program continues",
    });
  }

  /** Ends the recording where its thread has failed. The traffic goes on. */
  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    const { directory, warn } = this.#options;
    this.#failure = error.message;
    this.#calls = [];
    this.#chunks = [];
    this.summary = { ...this.summary, failure: error.message };
    this.#started.reject(error);
    this.#closed.resolve();
    for (const resolve of this.#flushed.values()) resolve();
    warn?.({
      code: "capture_incomplete",
      message: `The recording in ${directory} stopped, the program continues: ${error.message}`,
    });
  }
}
