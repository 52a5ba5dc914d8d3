/**
 * A limit of time for work that takes an `AbortSignal`.
 *
 * @module
 */
import type { World } from "../world/world.ts";

/** A limit of time that runs. Dispose of it when the work is done: that stops its timer. */
export interface Deadline extends Disposable {
  /** Aborted when the time is over, or with the reason of the caller's signal when that is aborted first. */
  readonly signal: AbortSignal;
  /** Whether the time is over. False where the caller's signal was aborted first. */
  readonly isExpired: boolean;
}

/**
 * Starts a limit of time.
 *
 * @param limitMs time allowed, ms
 * @param world the clock
 * @param signal the caller's signal, if any
 */
export function deadline(limitMs: number, world: Pick<World, "sleep">, signal?: AbortSignal): Deadline {
  const expired = new AbortController();
  const stopped = new AbortController();
  const either = signal === undefined ? expired.signal : AbortSignal.any([signal, expired.signal]);
  world.sleep(limitMs, stopped.signal).then(
    () => {
      if (!either.aborted) expired.abort(new DOMException(`Not done within ${limitMs} ms`, "TimeoutError"));
    },
    // The timer was stopped.
    () => {},
  );
  return {
    signal: either,
    get isExpired() {
      return expired.signal.aborted;
    },
    [Symbol.dispose]: () => stopped.abort(),
  };
}
