/**
 * The idle limit of an event stream.
 *
 * @module
 */
import { asCulvertError, CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";

/**
 * The number of idle limits that a stream may last without an event while other data arrives: comments,
 * frames without an event, keep-alive events of a gateway. These show that the connection works, but not that
 * an answer is being generated.
 */
const KEEP_ALIVE_FACTOR = 4;

/**
 * Measures how long a reader has waited for the next event of one stream. Only the time in which the reader
 * waits is counted: a reader that is busy, or has stopped reading, does not make the stream idle. One timer
 * serves the whole stream; an event costs a clock reading and no timer.
 */
export class IdleWatch {
  readonly #world: World;
  readonly #limitMs: number;
  readonly #onIdle: (error: CulvertError) => void;
  readonly #stop = new AbortController();
  /** Start of the current wait; `undefined` while the reader does not wait. */
  #waitingSince: number | undefined;
  /** Time waited before the current wait, since any data arrived, ms. */
  #silentMs = 0;
  /** Time waited before the current wait, since the last event, ms. */
  #withoutEventMs = 0;

  /**
   * @param limitMs `stream_idle_timeout_ms` of the provider
   * @param onIdle called once, with an `idle_timeout`
   */
  constructor(world: World, limitMs: number, onIdle: (error: CulvertError) => void) {
    this.#world = world;
    this.#limitMs = limitMs;
    this.#onIdle = onIdle;
    this.#run().catch((thrown: unknown) => onIdle(asCulvertError(thrown)));
  }

  /** Called when the reader begins to wait. */
  waiting(): void {
    this.#waitingSince = this.#world.monotonic();
  }

  /** Called when any data arrives: bytes, a comment, a frame. */
  heard(): void {
    this.#settle();
    this.#silentMs = 0;
  }

  /** Called when an event arrives. */
  progressed(): void {
    this.#settle();
    this.#silentMs = this.#withoutEventMs = 0;
  }

  /** Called when the reader stops waiting. */
  resting(): void {
    this.#settle();
    this.#waitingSince = undefined;
  }

  /** Stops the timer. */
  stop(): void {
    this.#stop.abort();
  }

  /** Adds the time of the current wait to both counts and starts a new wait. */
  #settle(): void {
    if (this.#waitingSince === undefined) return;
    const now = this.#world.monotonic();
    this.#silentMs += now - this.#waitingSince;
    this.#withoutEventMs += now - this.#waitingSince;
    this.#waitingSince = now;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const left = this.#left();
      if (left <= 0) return this.#onIdle(this.#error());
      await this.#world.sleep(left, this.#stop.signal).catch((error: unknown) => {
        if (!this.#stop.signal.aborted) throw error;
      });
    }
  }

  #left(): number {
    if (this.#waitingSince === undefined) return this.#limitMs;
    this.#settle();
    return Math.min(
      this.#limitMs - this.#silentMs,
      KEEP_ALIVE_FACTOR * this.#limitMs - this.#withoutEventMs,
    );
  }

  #error(): CulvertError {
    const isKeptAlive = this.#withoutEventMs >= KEEP_ALIVE_FACTOR * this.#limitMs;
    const limit = isKeptAlive ? KEEP_ALIVE_FACTOR * this.#limitMs : this.#limitMs;
    return new CulvertError(
      "idle_timeout",
      `No event of the stream arrived for ${limit / 1_000} s${isKeptAlive ? ", only keep-alives" : ""}`,
      {
        hint: "A proxy may buffer the stream or may have lost it. If the model needs more time, increase " +
          "stream_idle_timeout_ms of the provider.",
        details: { limit_ms: limit },
      },
    );
  }
}
