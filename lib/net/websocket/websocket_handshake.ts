/**
 * The opening handshake (RFC 6455 §4) on a connection that stands.
 *
 * @module
 */
import type { HttpHead } from "../tunnel/http_head.ts";
import { type HeadFailure, readHead, writeAll } from "../tunnel/http_head.ts";
import { FaultError } from "../failure/fault.ts";

/** Appended to the key before hashing (RFC 6455 §1.3). */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Of the answer's head, bytes. Node's servers and most proxies stop far below. */
const HEAD_LIMIT = 65_536;
/** Set by the handshake itself; whatever the caller has under these names is left out. */
const OWN = new Set([
  "host",
  "connection",
  "upgrade",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-extensions",
  "content-length",
  "transfer-encoding",
]);

const FAILURES: Readonly<Record<HeadFailure, string>> = {
  eof: "the connection was closed instead of answering the upgrade",
  too_long: "the head of the answer to the upgrade is longer than 64 KiB",
  not_http: "what answers there does not speak HTTP",
};

/**
 * Asks for the upgrade and reads the answer's head.
 *
 * @param url target; path and query are sent
 * @param headers of the caller
 * @param offer value of `Sec-WebSocket-Extensions`
 * @returns the head: 101 has been checked (RFC 6455 §4.1), anything else is a refusal
 * @throws FaultError `reset`, `websocket`
 */
export async function requestUpgrade(
  conn: Deno.Conn,
  url: URL,
  headers: Headers,
  offer: string,
): Promise<HttpHead> {
  const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
  const lines = [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
    `Sec-WebSocket-Extensions: ${offer}`,
    ...[...headers].filter(([name]) => !OWN.has(name)).map(([name, value]) => `${name}: ${value}`),
  ];
  await writeAll(conn, latin1Bytes(`${lines.join("\r\n")}\r\n\r\n`));
  let head = await readHead(conn, HEAD_LIMIT);
  // Interim answers (100, 103) precede the real one.
  while (typeof head !== "string" && head.status < 200 && head.status !== 101) {
    head = await readHead(conn, HEAD_LIMIT, head.rest);
  }
  if (typeof head === "string") {
    throw new FaultError({
      code: head === "eof" ? "reset" : "websocket",
      at: "target",
      reason: FAILURES[head],
    });
  }
  if (head.status === 101) await checkAccepted(head, key);
  return head;
}

async function checkAccepted(head: HttpHead, key: string): Promise<void> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + GUID));
  const accept = btoa(String.fromCharCode(...new Uint8Array(digest)));
  const wrong = head.headers.get("upgrade")?.toLowerCase() !== "websocket"
    ? "does not name the websocket protocol"
    : head.headers.get("sec-websocket-accept") !== accept
    ? "does not carry the right Sec-WebSocket-Accept"
    : undefined;
  if (wrong === undefined) return;
  throw new FaultError({
    code: "websocket",
    at: "target",
    reason: `the answer to the upgrade is 101, but ${wrong}: something on the way answers for the server`,
  });
}

/** Header values are Latin-1 once `Headers` has taken them. */
function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
