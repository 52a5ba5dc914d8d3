/**
 * The timer of a stream that has gone silent.
 *
 * @module
 */
import { asCulvertError, CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";

/**
 * How many idle limits a stream may live on keep-alive bytes alone. They prove that the path is alive, not
 * that an answer is being made: so they restart the idle limit, but not for ever.
 */
export const KEEP_ALIVE_FACTOR = 4;

/**
 * Watches one stream. Time counts only while somebody waits for the stream: a reader who is busy or has
 * stopped reading does not make it idle. One timer serves the whole stream and looks at the clock when it
 * fires; an event costs a clock reading and no timer.
 */
export class IdleWatch {
  readonly #world: World;
  readonly #limitMs: number;
  readonly #onIdle: (error: CulvertError) => void;
  readonly #stop = new AbortController();
  #waitingSince: number | undefined;
  #heardAt = 0;

  /**
   * @param limitMs the provider's `stream_idle_timeout_ms`
   * @param onIdle called once, with an `idle_timeout`
   */
  constructor(world: World, limitMs: number, onIdle: (error: CulvertError) => void) {
    this.#world = world;
    this.#limitMs = limitMs;
    this.#onIdle = onIdle;
    this.#run().catch((thrown: unknown) => onIdle(asCulvertError(thrown)));
  }

  /** Somebody begins to wait for an event. */
  waiting(): void {
    this.#waitingSince = this.#heardAt = this.#world.monotonic();
  }

  /** Bytes came, perhaps no more than a comment. */
  heard(): void {
    this.#heardAt = this.#world.monotonic();
  }

  /** Nobody waits any more. */
  resting(): void {
    this.#waitingSince = undefined;
  }

  /** Ends the watch. */
  stop(): void {
    this.#stop.abort();
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
    const now = this.#world.monotonic();
    return Math.min(
      this.#limitMs - (now - this.#heardAt),
      KEEP_ALIVE_FACTOR * this.#limitMs - (now - this.#waitingSince),
    );
  }

  #error(): CulvertError {
    const waited = this.#world.monotonic() - (this.#waitingSince ?? 0);
    const keptAlive = waited >= KEEP_ALIVE_FACTOR * this.#limitMs;
    const limit = keptAlive ? KEEP_ALIVE_FACTOR * this.#limitMs : this.#limitMs;
    return new CulvertError(
      "idle_timeout",
      `No event of the stream came for ${limit} ms${keptAlive ? ", nothing but keep-alive bytes" : ""}`,
      {
        hint: "A proxy may hold the stream back or have lost it. For a model that thinks longer, raise " +
          "stream_idle_timeout_ms of the provider.",
        details: { limit_ms: limit },
      },
    );
  }
}
