/**
 * The certificates of a server, taken from the bytes of a handshake. Up to TLS 1.2 they travel in the clear (RFC 5246
 * §7.4.2), so half a handshake is enough to see them, and no TLS library is needed. For runtimes whose `node:tls`
 * tells nothing about its peer (Deno before 2.5).
 *
 * @module
 */
import { closeQuietly } from "../tunnel/tunnel.ts";

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const CERTIFICATE = 11;
const TLS_1_2 = [3, 3];
/** A chain is a few kB; whoever sends more than this is no TLS server. Bytes. */
const LONGEST = 256 * 1024;

/** What is offered: enough for every server that speaks TLS 1.2 at all, old interceptors included. */
const CIPHER_SUITES = [
  ...[0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca9, 0xcca8, 0xc009, 0xc00a, 0xc013, 0xc014],
  ...[0x009c, 0x009d, 0x002f, 0x0035],
];
const GROUPS = [0x001d, 0x0017, 0x0018, 0x0019];
const SIGNATURES = [
  ...[0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806],
  ...[0x0401, 0x0501, 0x0601, 0x0203, 0x0201],
];

/**
 * Asks for a handshake and reads as far as the certificates.
 *
 * @param conn an open connection to the server; it is closed afterwards
 * @param serverName for SNI; absent for an address
 * @param signal gives up
 * @returns DER in the order it was sent; nothing where the server does not speak TLS 1.2
 */
export async function certificatesOf(
  conn: Deno.Conn,
  serverName: string | undefined,
  signal: AbortSignal,
): Promise<readonly Uint8Array[] | undefined> {
  const stop = () => closeQuietly(conn);
  signal.addEventListener("abort", stop, { once: true });
  try {
    signal.throwIfAborted();
    const writer = conn.writable.getWriter();
    await writer.write(clientHello(serverName));
    let seen = new Uint8Array(0);
    for await (const chunk of conn.readable) {
      seen = Uint8Array.of(...seen, ...chunk);
      const found = readCertificates(seen);
      if (found !== "more") return found;
      if (seen.length > LONGEST) return undefined;
    }
    return undefined;
  } catch (error) {
    // Whoever asks has an error to explain already, and does without what cannot be seen.
    if (error instanceof Error) return undefined;
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

/** A ClientHello that offers TLS 1.2 and nothing newer. */
export function clientHello(serverName: string | undefined): Uint8Array<ArrayBuffer> {
  const extensions = [
    ...(serverName === undefined
      ? []
      : extension(0, vector(2, [0, ...vector(2, [...new TextEncoder().encode(serverName)])]))),
    ...extension(10, vector(2, words(GROUPS))),
    ...extension(11, vector(1, [0])),
    ...extension(13, vector(2, words(SIGNATURES))),
    ...extension(16, vector(2, vector(1, [...new TextEncoder().encode("http/1.1")]))),
    ...extension(23, []),
    ...extension(0xff01, vector(1, [])),
  ];
  const body = [
    ...TLS_1_2,
    ...crypto.getRandomValues(new Uint8Array(32)),
    ...vector(1, []),
    ...vector(2, words(CIPHER_SUITES)),
    ...vector(1, [0]),
    ...vector(2, extensions),
  ];
  const message = [CLIENT_HELLO, ...vector(3, body)];
  return Uint8Array.of(HANDSHAKE, 3, 1, ...vector(2, message));
}

function extension(type: number, content: readonly number[]): readonly number[] {
  return [...words([type]), ...vector(2, content)];
}

/** Bytes behind their length, which has so many bytes itself. */
function vector(lengthBytes: 1 | 2 | 3, content: readonly number[]): readonly number[] {
  const length = [content.length >> 16 & 0xff, content.length >> 8 & 0xff, content.length & 0xff];
  return [...length.slice(3 - lengthBytes), ...content];
}

function words(values: readonly number[]): readonly number[] {
  return values.flatMap((value) => [value >> 8, value & 0xff]);
}

/**
 * Reads the Certificate message out of what a server has sent so far.
 *
 * @param bytes from the first byte on
 * @returns DER of each certificate; `more` where it is not all there yet; nothing where it is no such handshake
 */
export function readCertificates(bytes: Uint8Array): readonly Uint8Array[] | undefined | "more" {
  const messages = handshakeBytes(bytes);
  if (messages === undefined) return undefined;
  for (let at = 0; at + 4 <= messages.length;) {
    const end = at + 4 + number(messages, at + 1, 3);
    if (messages[at] === CERTIFICATE) {
      return end > messages.length ? "more" : certificateList(messages.subarray(at + 4, end));
    }
    at = end;
  }
  return "more";
}

/** The contents of the handshake records, joined; the last may be cut. Nothing for records of another kind. */
function handshakeBytes(bytes: Uint8Array): Uint8Array | undefined {
  const parts: number[] = [];
  for (let at = 0; at + 5 <= bytes.length;) {
    if (bytes[at] !== HANDSHAKE) return undefined;
    const end = at + 5 + number(bytes, at + 3, 2);
    for (const byte of bytes.subarray(at + 5, end)) parts.push(byte);
    at = end;
  }
  return Uint8Array.from(parts);
}

function certificateList(body: Uint8Array): readonly Uint8Array[] | undefined {
  const found: Uint8Array[] = [];
  for (let at = 3; at + 3 <= body.length;) {
    const end = at + 3 + number(body, at, 3);
    if (end > body.length) return undefined;
    found.push(body.slice(at + 3, end));
    at = end;
  }
  return found.length === 0 ? undefined : found;
}

function number(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let index = 0; index < length; index++) value = value * 256 + (bytes[at + index] ?? 0);
  return value;
}
