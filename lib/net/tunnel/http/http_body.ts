/**
 * Reads the body of a refused upgrade from a connection.
 *
 * @module
 */
import { raceAbort } from "../../../async/race_abort.ts";
import type { ByteReader } from "../byte_conn.ts";
import { ChunkDecoder } from "./chunked.ts";
import type { HttpHead } from "./http_head.ts";

const READ_BYTES = 16_384;

/**
 * Reads the body up to its end, the limit, the end of the connection or the signal, whichever comes first: a
 * partial explanation is better than none.
 *
 * @param head the head of the answer, with the bytes that were read after it
 * @param limit bytes of content to keep
 * @returns the content as text
 */
export async function readBody(
  conn: ByteReader,
  head: HttpHead,
  limit: number,
  signal: AbortSignal,
): Promise<string> {
  const body = bodyOf(head.headers, limit);
  body.push(head.rest);
  const buffer = new Uint8Array(READ_BYTES);
  while (!body.isDone && !signal.aborted) {
    const count = await raceAbort(conn.read(buffer), signal).catch(() => null);
    if (count === null) break;
    body.push(buffer.subarray(0, count));
  }
  return new TextDecoder().decode(body.content);
}

/**
 * Returns the decoder of a body. Its end depends on the transfer coding, else on the length, else on the end
 * of the connection (RFC 9112 §6.3).
 */
function bodyOf(headers: Headers, limit: number): Pick<ChunkDecoder, "isDone" | "content" | "push"> {
  if (/(^|,)\s*chunked\s*$/i.test(headers.get("transfer-encoding") ?? "")) return new ChunkDecoder(limit);
  const length = headers.get("content-length") ?? "";
  return new PlainBody(/^\d{1,15}$/.test(length) ? Math.min(Number(length), limit) : limit);
}

/** The first bytes of a body without a coding. */
class PlainBody {
  readonly #content: Uint8Array<ArrayBuffer>;
  #filled = 0;

  /** @param limit bytes to keep */
  constructor(limit: number) {
    this.#content = new Uint8Array(limit);
  }

  get isDone(): boolean {
    return this.#filled === this.#content.length;
  }

  get content(): Uint8Array<ArrayBuffer> {
    return this.#content.subarray(0, this.#filled);
  }

  push(bytes: Uint8Array): void {
    const taken = bytes.subarray(0, this.#content.length - this.#filled);
    this.#content.set(taken, this.#filled);
    this.#filled += taken.length;
  }
}
