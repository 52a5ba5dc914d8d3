/**
 * Waiting that can be aborted. The worlds use it; everything else takes `World.sleep`.
 *
 * @module
 */

/** Longest time that a timer takes, ms; a longer one would fire at once (HTML Standard, 8.7 Timers). About 25 days. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Resolves after a time.
 *
 * @param ms the time, ms
 * @param signal ends the wait; the promise is then rejected with its reason
 */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, Math.min(ms, LONGEST_MS));
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
