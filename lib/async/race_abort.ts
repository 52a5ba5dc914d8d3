/**
 * Waiting that can be given up. What is waited for goes on.
 *
 * @module
 */

/**
 * Waits for work, unless a signal comes first. Whatever the work comes to after that is nobody's failure.
 *
 * @throws what the work fails with; the signal's reason
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
