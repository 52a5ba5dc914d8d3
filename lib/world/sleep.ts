/**
 * A sleep that can be aborted. Code that has a world uses `World.sleep` instead.
 *
 * @module
 */

/**
 * Longest time of a timer, ms, about 25 days; a longer one would fire immediately (HTML Standard, 8.7
 * Timers).
 */
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
