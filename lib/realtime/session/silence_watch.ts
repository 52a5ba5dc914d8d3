/**
 * Detects a server that makes no progress: it reads nothing, or does not send an expected answer.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";

/** A timer that runs until it is disposed of. */
export interface SilenceWatch extends Disposable {
  /** Restarts the time limit when data arrives. */
  readonly heard: () => void;
  /** Waits for work that depends on the server. Only this time is counted. */
  readonly waiting: <T>(work: Promise<T>) => Promise<T>;
}

/** Number of checks within the limit. */
const LOOKS = 8;

/**
 * Starts the timer.
 *
 * @param limitMs longest time without progress, ms
 * @param onSilence called once with the error
 */
export function watchSilence(
  limitMs: number,
  world: Pick<World, "monotonic" | "sleep">,
  onSilence: (error: CulvertError) => void,
): SilenceWatch {
  const done = new AbortController();
  let last = world.monotonic();
  let waits = 0;
  const touch = () => {
    last = world.monotonic();
  };
  const look = async () => {
    for (;;) {
      await world.sleep(limitMs / LOOKS, done.signal);
      if (waits > 0 && world.monotonic() - last >= limitMs) return onSilence(silent(limitMs));
    }
  };
  // The sleep ends together with the timer.
  look().catch(() => {});
  return {
    heard: touch,
    waiting: async (work) => {
      if (waits++ === 0) touch();
      try {
        return await work;
      } finally {
        waits--;
        touch();
      }
    },
    [Symbol.dispose]: () => done.abort(),
  };
}

function silent(limitMs: number): CulvertError {
  return new CulvertError("idle_timeout", `The realtime session was silent for ${limitMs} ms`, {
    hint: "Try again. Raise stream_idle_timeout_ms of the provider if the server needs longer.",
    details: { timeout_ms: limitMs },
  });
}
