/**
 * The head of an HTTP/1.1 response, read off a bare connection: what a proxy says to CONNECT and a server to an
 * upgrade.
 *
 * @module
 */
import type { ByteReader } from "./byte_conn.ts";

/** A head, and what was read beyond it. */
export interface HttpHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
  readonly rest: Uint8Array<ArrayBuffer>;
}

/** Why no head could be read. */
export type HeadFailure = "eof" | "too_long" | "not_http";

/**
 * Reads to the blank line.
 *
 * @param limit bytes of the head at most
 * @param before bytes that were read already
 */
export async function readHead(
  conn: ByteReader,
  limit: number,
  before: Uint8Array<ArrayBuffer> = new Uint8Array(0),
): Promise<HttpHead | HeadFailure> {
  let read = before;
  const chunk = new Uint8Array(4096);
  for (;;) {
    const end = endOfHead(read);
    if (end !== undefined) return end > limit ? "too_long" : parseHead(read, end);
    // Whatever does not begin like HTTP will not turn into it.
    if (!"HTTP/1.".startsWith(latin1(read.subarray(0, 7)))) return "not_http";
    if (read.length > limit) return "too_long";
    const count = await conn.read(chunk);
    if (count === null) return "eof";
    const longer = new Uint8Array(read.length + count);
    longer.set(read);
    longer.set(chunk.subarray(0, count), read.length);
    read = longer;
  }
}

function endOfHead(bytes: Uint8Array): number | undefined {
  for (let at = 3; at < bytes.length; at++) {
    if (bytes[at] === 10 && bytes[at - 1] === 13 && bytes[at - 2] === 10 && bytes[at - 3] === 13) {
      return at + 1;
    }
  }
  return undefined;
}

function parseHead(bytes: Uint8Array<ArrayBuffer>, end: number): HttpHead | HeadFailure {
  const [statusLine = "", ...lines] = latin1(bytes.subarray(0, end)).trimEnd().split("\r\n");
  const [, status, reason = ""] = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(statusLine) ?? [];
  if (status === undefined) return "not_http";
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    try {
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    } catch (error) {
      // A line that is no header says nothing; the rest still does.
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return { status: Number(status), reason, headers, rest: bytes.slice(end) };
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
