/**
 * The times at which a replay sends.
 *
 * @module
 */
import type { World } from "../../world/world.ts";

/** Sends at the recorded times, or faster. */
export interface Pacing {
  /**
   * Waits until `offset` ms of the recording have passed since `begin`. Gaps do not add up their inaccuracies: each
   * wait ends at a time that was fixed at the beginning.
   *
   * @param begin on the monotonic clock, ms
   * @param offset recorded time since then, ms
   * @returns whether to go on; false when the signal was aborted
   */
  readonly until: (begin: number, offset: number, signal: AbortSignal) => Promise<boolean>;
  /** Waits so long that what was sent has reached the client: a reset discards what it has not read. */
  readonly settle: (signal: AbortSignal) => Promise<boolean>;
}

const SETTLE_MS = 50;

/**
 * Makes the pacing.
 *
 * @param speed 1: as recorded; 4: four times as fast; `Infinity`: at once
 */
export function createPacing(world: Pick<World, "monotonic" | "sleep">, speed: number): Pacing {
  const pause = async (wait: number, signal: AbortSignal) => {
    try {
      if (wait > 0) await world.sleep(wait, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return !signal.aborted;
  };
  return {
    until: (begin, offset, signal) => pause(begin + offset / speed - world.monotonic(), signal),
    settle: (signal) => pause(SETTLE_MS, signal),
  };
}
