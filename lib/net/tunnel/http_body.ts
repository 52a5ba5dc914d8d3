/**
 * The body of a refused upgrade, read off a bare connection.
 *
 * @module
 */
import type { ByteReader } from "./byte_conn.ts";
import type { HttpHead } from "./http_head.ts";

/**
 * Reads what there is, to the end of the body, the limit, the end of the connection or the signal, whichever
 * comes first: half an explanation is better than none.
 *
 * @param limit bytes at most
 */
export async function readBody(
  conn: ByteReader,
  head: HttpHead,
  limit: number,
  signal: AbortSignal,
): Promise<string> {
  const chunked = /\bchunked\b/i.test(head.headers.get("transfer-encoding") ?? "");
  const length = chunked ? undefined : head.headers.get("content-length");
  const wanted = length === undefined || length === null || !/^\d+$/.test(length) ? limit : Number(length);
  // The framing of chunks is small beside them; twice the limit is enough of it.
  const raw = new Uint8Array(chunked ? 2 * limit : Math.min(wanted, limit));
  let filled = Math.min(head.rest.length, raw.length);
  raw.set(head.rest.subarray(0, filled));
  const isComplete = () => filled === raw.length || (chunked && unchunk(raw.subarray(0, filled)).complete);
  const stop = Promise.withResolvers<null>();
  const onAbort = () => stop.resolve(null);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    while (!isComplete() && !signal.aborted) {
      const reading = conn.read(raw.subarray(filled)).catch(() => null);
      const count = await Promise.race([reading, stop.promise]);
      if (count === null) break;
      filled += count;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
  const bytes = raw.subarray(0, filled);
  return new TextDecoder().decode((chunked ? unchunk(bytes).content : bytes).subarray(0, limit));
}

/** RFC 9112 §7.1, as far as it has come. */
function unchunk(bytes: Uint8Array): { readonly content: Uint8Array; readonly complete: boolean } {
  const parts: number[] = [];
  for (let at = 0;;) {
    let end = at;
    while (end < bytes.length && bytes[end] !== 10) end++;
    const size = parseInt(String.fromCharCode(...bytes.subarray(at, end)), 16);
    if (end >= bytes.length || Number.isNaN(size)) {
      return { content: Uint8Array.from(parts), complete: false };
    }
    if (size === 0) return { content: Uint8Array.from(parts), complete: true };
    for (const byte of bytes.subarray(end + 1, end + 1 + size)) parts.push(byte);
    at = end + 1 + size + 2;
  }
}
