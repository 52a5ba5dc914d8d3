/**
 * Waits that a signal can end, while the work goes on.
 *
 * @module
 */

/**
 * Waits for work until a signal is aborted. The work goes on; its outcome after that is ignored.
 *
 * @throws the error of the work; the signal's reason
 */
export async function raceAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  const { promise: never, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, never]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
