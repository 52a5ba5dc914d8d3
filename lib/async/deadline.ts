/**
 * A time limit for work that accepts an `AbortSignal`.
 *
 * @module
 */
import type { World } from "../world/world.ts";

/** A running time limit. Dispose of it when the work is done, which stops its timer. */
export interface Deadline extends Disposable {
  /**
   * Aborted at the end of the time limit, or with the reason of the caller's signal if that is aborted first.
   */
  readonly signal: AbortSignal;
  /** Whether the time limit has passed. False if the caller's signal was aborted first. */
  readonly isExpired: boolean;
}

/**
 * Starts a time limit.
 *
 * @param limitMs the time limit, ms
 * @param world the clock
 * @param signal the caller's signal, if any
 * @param reason with which the signal is aborted at the end of the limit; default: a `TimeoutError`
 */
export function deadline(
  limitMs: number,
  world: Pick<World, "sleep">,
  signal?: AbortSignal,
  reason?: Error,
): Deadline {
  const expired = new AbortController();
  const stopped = new AbortController();
  const either = signal === undefined ? expired.signal : AbortSignal.any([signal, expired.signal]);
  world.sleep(limitMs, stopped.signal).then(
    () => {
      if (either.aborted) return;
      expired.abort(reason ?? new DOMException(`Not done within ${limitMs} ms`, "TimeoutError"));
    },
    // The timer has been stopped.
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
