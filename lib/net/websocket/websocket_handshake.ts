/**
 * The opening handshake (RFC 6455 §4) on an open connection.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type HeadFailure, type HttpHead, readHead } from "../tunnel/http/http_head.ts";
import { type ByteReader, type ByteWriter, writeAll } from "../tunnel/byte_conn.ts";
import { FaultError } from "../failure/fault.ts";

/** Appended to the key before hashing (RFC 6455 §1.3). */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Longest head of an answer, bytes. The limits of Node's servers and of most proxies are far below it. */
const HEAD_LIMIT = 65_536;
/** Maximum number of interim answers before the final one. */
const MAX_INTERIM = 16;
/** Headers that the handshake sets; the caller's values under these names are ignored. */
const OWN = new Set([
  "host",
  "connection",
  "upgrade",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-extensions",
  "sec-websocket-protocol",
  "content-length",
  "transfer-encoding",
]);

const FAILURES: Readonly<Record<HeadFailure, string>> = {
  eof: "the connection was closed instead of answering the upgrade",
  too_long: "the head of the answer to the upgrade is longer than 64 KiB",
  not_http: "the server there does not speak HTTP",
};

/** The request of the client. */
export interface HandshakeOptions {
  /** Path and query are sent. */
  readonly url: URL;
  /** The caller's headers. */
  readonly headers: Headers;
  /** Value of `Sec-WebSocket-Extensions`; `undefined` if none is offered. */
  readonly extensions: string | undefined;
  /** Subprotocols to offer, the preferred first; none if it is empty. */
  readonly subprotocols: readonly string[];
}

/** A request to upgrade that is ready to be sent. */
export interface Handshake extends HandshakeOptions {
  /** Its `Sec-WebSocket-Key`. */
  readonly key: string;
  /** Its fields, as alternating names and values. */
  readonly rawHeaders: readonly string[];
}

/** Composes the request. */
export function createHandshake(options: HandshakeOptions): Handshake {
  const { url, headers, extensions, subprotocols } = options;
  const key = crypto.getRandomValues(new Uint8Array(16)).toBase64();
  const rawHeaders = [
    ...["Host", url.host, "Connection", "Upgrade", "Upgrade", "websocket"],
    ...["Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", key],
    ...(extensions === undefined ? [] : ["Sec-WebSocket-Extensions", extensions]),
    ...(subprotocols.length === 0 ? [] : ["Sec-WebSocket-Protocol", subprotocols.join(", ")]),
    ...[...headers].filter(([name]) => !OWN.has(name)).flat(),
  ];
  return { ...options, key, rawHeaders };
}

/**
 * Sends the upgrade request and reads the head of the answer.
 *
 * @returns the head: a 101 has been checked (RFC 6455 §4.1), any other status is a refusal
 * @throws FaultError `reset`, `websocket`
 */
export async function requestUpgrade(
  conn: ByteReader & ByteWriter,
  { url, key, rawHeaders, subprotocols }: Handshake,
): Promise<HttpHead> {
  let text = `GET ${url.pathname}${url.search} HTTP/1.1\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) text += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  // Header values in a `Headers` object are Latin-1.
  await writeAll(conn, Buffer.from(`${text}\r\n`, "latin1"));
  let head = await readHead(conn, HEAD_LIMIT);
  // Interim answers (100, 103) precede the final one.
  for (let interim = 0; typeof head !== "string" && head.status < 200 && head.status !== 101; interim++) {
    head = interim < MAX_INTERIM ? await readHead(conn, HEAD_LIMIT, head.rest) : "too_long";
  }
  if (typeof head === "string") {
    throw new FaultError({
      code: head === "eof" ? "reset" : "websocket",
      at: "target",
      reason: FAILURES[head],
    });
  }
  if (head.status === 101) await checkAccepted(head, key, subprotocols);
  return head;
}

/** Makes the checks of RFC 6455 §4.1 on a 101; the caller, which negotiates the extensions, checks those. */
async function checkAccepted(head: HttpHead, key: string, subprotocols: readonly string[]): Promise<void> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + GUID));
  const accept = new Uint8Array(digest).toBase64();
  const reason = objection(head.headers, accept, subprotocols);
  if (reason !== undefined) throw new FaultError({ code: "websocket", at: "target", reason });
}

function objection(headers: Headers, accept: string, subprotocols: readonly string[]): string | undefined {
  const tokens = headers.get("connection")?.toLowerCase().split(",").map((token) => token.trim()) ?? [];
  const missing = headers.get("upgrade")?.toLowerCase() !== "websocket"
    ? "Upgrade: websocket"
    : !tokens.includes("upgrade")
    ? "Connection: Upgrade"
    : headers.get("sec-websocket-accept") !== accept
    ? "the Sec-WebSocket-Accept that belongs to the request"
    : undefined;
  if (missing !== undefined) {
    return `the answer to the upgrade is 101 without ${missing}, so it does not come from a websocket server: ` +
      "a proxy or gateway answers instead of the server";
  }
  const chosen = headers.get("sec-websocket-protocol");
  if (chosen === null || subprotocols.includes(chosen)) return undefined;
  return "the server selected a websocket subprotocol that was not offered";
}
