/**
 * The idle limit of an event stream.
 *
 * @module
 */
import { asCulvertError, CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";

/**
 * How many idle limits a stream may last without an event while something else arrives: comments, frames without an
 * event, keep-alive events of a gateway. Those show that the connection works, not that an answer is on its way.
 */
const KEEP_ALIVE_FACTOR = 4;

/**
 * Measures how long a reader has waited for the next event of one stream. Only the time in which the reader waits
 * counts: a reader that is busy, or has stopped reading, does not make the stream idle. One timer serves the whole
 * stream; an event costs a clock reading and no timer.
 */
export class IdleWatch {
  readonly #world: World;
  readonly #limitMs: number;
  readonly #onIdle: (error: CulvertError) => void;
  readonly #stop = new AbortController();
  /** When the present wait began; `undefined` while the reader does not wait. */
  #waitingSince: number | undefined;
  /** Time waited before the present wait, since something arrived, ms. */
  #silentMs = 0;
  /** Time waited before the present wait, since the last event, ms. */
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

  /** The reader begins to wait. */
  waiting(): void {
    this.#waitingSince = this.#world.monotonic();
  }

  /** Something arrived: bytes, a comment, a frame. */
  heard(): void {
    this.#settle();
    this.#silentMs = 0;
  }

  /** An event arrived. */
  progressed(): void {
    this.#settle();
    this.#silentMs = this.#withoutEventMs = 0;
  }

  /** The reader waits no more. */
  resting(): void {
    this.#settle();
    this.#waitingSince = undefined;
  }

  /** Ends the watch. */
  stop(): void {
    this.#stop.abort();
  }

  /** Adds the time of the present wait to both counts and begins a new one. */
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
        hint: "A proxy may hold the stream back or have lost it. If the model needs more time, raise " +
          "stream_idle_timeout_ms of the provider.",
        details: { limit_ms: limit },
      },
    );
  }
}
