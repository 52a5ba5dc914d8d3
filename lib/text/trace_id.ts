/**
 * Ids of traces and spans.
 *
 * @module
 */

/**
 * Returns a random id in lower-case hexadecimal, not all zero (W3C Trace Context §3.2.2).
 *
 * @param bytes 16 for a trace, 8 for a span
 */
export function randomTraceId(bytes: number): string {
  const id = crypto.getRandomValues(new Uint8Array(bytes));
  id[0] = (id[0] ?? 0) | 1;
  return id.toHex();
}
