/**
 * Reads the head of an HTTP/1.1 response from a connection: the answer of a proxy to CONNECT and of a server
 * to an upgrade (RFC 9112 §2, §4, §5).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { ByteReader } from "../byte_conn.ts";

const READ_BYTES = 4096;
const START = "HTTP/1.";
const STATUS_LINE = /^HTTP\/1\.[01] ([1-9]\d{2})(?: (.*))?$/;

/** A head, and the bytes that were read after it. */
export interface HttpHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
  readonly rest: Uint8Array<ArrayBuffer>;
}

/** The reason why no head could be read. */
export type HeadFailure = "eof" | "too_long" | "not_http";

/**
 * Reads a head up to the blank line. A line that is not a header field is ignored.
 *
 * @param limit longest head, bytes
 * @param before bytes that have already been read
 */
export async function readHead(
  conn: ByteReader,
  limit: number,
  before: Uint8Array = new Uint8Array(0),
): Promise<HttpHead | HeadFailure> {
  const bytes = new Uint8Array(Math.max(limit, before.length) + READ_BYTES);
  bytes.set(before);
  let filled = before.length;
  for (let scanned = 0;;) {
    const end = endOfHead(bytes.subarray(0, filled), scanned);
    if (end !== undefined) return end > limit ? "too_long" : parseHead(bytes, end, filled);
    const start = latin1(bytes.subarray(0, Math.min(filled, START.length)));
    if (!START.startsWith(start)) return "not_http";
    if (filled > limit) return "too_long";
    scanned = filled;
    const count = await conn.read(bytes.subarray(filled, filled + READ_BYTES));
    if (count === null) return "eof";
    filled += count;
  }
}

/** @param scanned bytes that are known not to contain the complete blank line */
function endOfHead(bytes: Uint8Array, scanned: number): number | undefined {
  for (let at = Math.max(3, scanned - 3); at < bytes.length; at++) {
    if (bytes[at] === 10 && bytes[at - 1] === 13 && bytes[at - 2] === 10 && bytes[at - 3] === 13) {
      return at + 1;
    }
  }
  return undefined;
}

function parseHead(bytes: Uint8Array<ArrayBuffer>, end: number, filled: number): HttpHead | HeadFailure {
  const [statusLine = "", ...lines] = latin1(bytes.subarray(0, end - 4)).split("\r\n");
  const [, status, reason = ""] = STATUS_LINE.exec(statusLine) ?? [];
  if (status === undefined) return "not_http";
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    try {
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return { status: Number(status), reason, headers, rest: bytes.slice(end, filled) };
}

/** Decodes Latin-1, which `TextDecoder` takes for windows-1252. */
function latin1({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}
