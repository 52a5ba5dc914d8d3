/**
 * Ends a wait when a signal is aborted, while the work continues.
 *
 * @module
 */

/**
 * Waits for work until a signal is aborted. The work continues, and its outcome is then ignored.
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
