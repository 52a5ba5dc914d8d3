/**
 * A bounded queue of one destination, emptied in the background. Only the end of the program waits for it, at
 * most until its deadline.
 *
 * @module
 */
import { deadline } from "../../async/deadline.ts";
import { raceAbort } from "../../async/race_abort.ts";
import type { Destination } from "../../config/otel/telemetry_settings.ts";
import { asCulvertError, CulvertError } from "../../errors.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { World } from "../../world/world.ts";
import type { SignalRecords } from "../records/records.ts";
import type { Rejection } from "./read_reply.ts";
import { type RetryLimits, sendRecords } from "./send_records.ts";

/** Maximum number of queued records; further ones are dropped and counted. */
const MAX_QUEUED = 2_048;
/** Records of one request. */
const BATCH = 512;
/** Retries of one request; its deadline is usually reached first. */
const MAX_RETRIES = 4;
/**
 * The end of the program waits for these: one retry, soon, if a collector is busy. A collector that cannot be reached
 * is not tried again.
 */
const LAST_RETRIES: RetryLimits = { maxRetries: 1, maxServerDelayMs: 1_000, afterErrors: false };

/** The results of the exports of one destination. */
export interface ExportOutcome {
  /** Records that were accepted. */
  sent: number;
  /** Records that were not delivered: the queue was full, the export failed, or the collector rejected them. */
  dropped: number;
  /** Wall clock of the last export that succeeded, ms since 1970. */
  lastSuccessAt?: number;
  lastError?: { readonly at: number; readonly message: string };
}

/** The parts that a queue is built from. */
export interface QueueOptions {
  readonly destination: Destination;
  readonly resource: Readonly<Record<string, string>>;
  readonly world: World;
  /** Returns the dialer as soon as it is available. */
  readonly dialer: () => Promise<Pick<Dialer, "request">>;
}

/** Queues records of one signal. */
export class ExportQueue<R> {
  readonly outcome: ExportOutcome = { sent: 0, dropped: 0 };
  readonly #options: QueueOptions;
  readonly #wrap: (records: readonly R[]) => SignalRecords;
  #queued: R[] = [];
  #running: Promise<void> | undefined;
  readonly #stop = new AbortController();
  #isDraining = false;

  /** @param wrap names the signal of the records */
  constructor(options: QueueOptions, wrap: (records: readonly R[]) => SignalRecords) {
    this.#options = options;
    this.#wrap = wrap;
  }

  /** Adds a record, or drops it if the queue is full. A full batch is sent in the background. */
  push(record: R): void {
    if (this.#queued.length >= MAX_QUEUED) {
      this.outcome.dropped++;
      return;
    }
    this.#queued.push(record);
    if (this.#queued.length >= BATCH) this.send();
  }

  /** Sends the queued records in the background, with one request at a time. */
  send(): void {
    this.#running ??= this.#sendAll().finally(() => this.#running = undefined);
  }

  /**
   * Sends the queued records and waits. Records that are not sent when the signal is aborted are dropped.
   * Never rejects.
   */
  async drain(signal: AbortSignal): Promise<void> {
    this.#isDraining = true;
    const stop = () => this.#stop.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    while (this.#queued.length > 0 || this.#running !== undefined) {
      this.send();
      await this.#running;
    }
    signal.removeEventListener("abort", stop);
    this.#isDraining = false;
  }

  async #sendAll(): Promise<void> {
    while (this.#queued.length > 0) {
      const batch = this.#queued.splice(0, BATCH);
      try {
        const { count, message } = await this.#sendBatch(batch);
        const rejected = Math.min(count, batch.length);
        this.outcome.sent += batch.length - rejected;
        this.outcome.dropped += rejected;
        const at = this.#options.world.now();
        if (rejected > 0) {
          this.outcome.lastError = {
            at,
            message: `the collector rejected them${message === undefined ? "" : `: ${message}`}`,
          };
        } else this.outcome.lastSuccessAt = at;
      } catch (thrown) {
        this.outcome.dropped += batch.length;
        this.outcome.lastError = { at: this.#options.world.now(), message: messageOf(thrown) };
        // The collector cannot be reached or refuses: sending the other records would only take more time.
        this.outcome.dropped += this.#queued.splice(0).length;
      }
    }
  }

  async #sendBatch(batch: readonly R[]): Promise<Rejection> {
    const { destination, dialer, resource, world } = this.#options;
    using limit = deadline(destination.timeoutMs, world, this.#stop.signal);
    const { signal } = limit;
    signal.throwIfAborted();
    const open = await raceAbort(dialer(), signal);
    const retries = this.#isDraining
      ? LAST_RETRIES
      : { maxRetries: MAX_RETRIES, maxServerDelayMs: destination.timeoutMs, afterErrors: true };
    const options = { destination, resource, dialer: open, world, signal, retries };
    return await sendRecords(this.#wrap(batch), options);
  }
}

/** Describes a failure by its first sentence, without the hint. */
function messageOf(thrown: unknown): string {
  if (thrown instanceof DOMException && thrown.name === "TimeoutError") return "no answer in time";
  const error = thrown instanceof CulvertError ? thrown : asCulvertError(thrown);
  return error.message;
}
