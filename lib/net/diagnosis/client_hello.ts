/**
 * Starts a TLS 1.2 handshake, in which the server's first messages are not encrypted, and stops after them.
 * They contain the certificates, including those that the TLS library refuses, and the request for a client
 * certificate.
 *
 * @module
 */
import { isAddress } from "../tunnel/dial_tcp.ts";
import { type ByteConn, closeQuietly, writeAll } from "../tunnel/byte_conn.ts";
import { ServerFlight } from "./server_flight.ts";

const READ_BYTES = 16_384;
const TLS_1_2 = [3, 3];
/**
 * The cipher suites of TLS 1.2 that the TLS library offers (rustls 0.23), so that the server selects from the
 * same list.
 */
const CIPHERS = [0xc02b, 0xc02c, 0xcca9, 0xc02f, 0xc030, 0xcca8];
/** x25519, secp256r1, secp384r1 (RFC 8422 §5.1.1). */
const GROUPS = [29, 23, 24];
/** ECDSA, RSA-PSS, PKCS #1 and Ed25519 with SHA-2 (RFC 8446 §4.2.3). */
const SIGNATURES = [0x0403, 0x0503, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0807];
/** Extension numbers (RFC 6066 §3, RFC 8422 §5.1, RFC 5246 §7.4.1.4.1). */
const EXTENSION = { serverName: 0, groups: 10, pointFormats: 11, signatures: 13 } as const;

/**
 * Sends a ClientHello and reads the answer.
 *
 * @param conn an open connection to the server; it is closed afterwards
 * @param host for SNI, without brackets
 * @throws the error of the connection; the signal's reason
 */
export async function serverFlight(conn: ByteConn, host: string, signal: AbortSignal): Promise<ServerFlight> {
  const flight = new ServerFlight();
  const onAbort = () => closeQuietly(conn);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    await writeAll(conn, clientHello(host));
    const buffer = new Uint8Array(READ_BYTES);
    while (!flight.isOver) {
      const count = await conn.read(buffer);
      if (count === null) break;
      flight.push(buffer.subarray(0, count));
    }
    return flight;
  } finally {
    signal.removeEventListener("abort", onAbort);
    closeQuietly(conn);
  }
}

/** Builds the record (RFC 5246 §7.4.1.2). */
function clientHello(host: string): Uint8Array {
  const name = new TextEncoder().encode(host);
  const extensions = [
    ...(isAddress(host) ? [] : extension(EXTENSION.serverName, list(2, [0, ...list(2, [...name])]))),
    ...extension(EXTENSION.groups, list(2, GROUPS.flatMap(pair))),
    ...extension(EXTENSION.pointFormats, list(1, [0])),
    ...extension(EXTENSION.signatures, list(2, SIGNATURES.flatMap(pair))),
  ];
  const hello = [
    ...TLS_1_2,
    ...crypto.getRandomValues(new Uint8Array(32)),
    ...list(1, []),
    ...list(2, CIPHERS.flatMap(pair)),
    ...list(1, [0]),
    ...list(2, extensions),
  ];
  // The record says TLS 1.0, as old servers expect (RFC 5246 appendix E.1).
  return Uint8Array.from([22, 3, 1, ...list(2, [1, ...list(3, hello)])]);
}

function extension(number: number, content: readonly number[]): readonly number[] {
  return [...pair(number), ...list(2, content)];
}

/** Prepends the length to the content. @param width of the length, bytes */
function list(width: number, content: readonly number[]): readonly number[] {
  const length = Array.from(
    { length: width },
    (_, index) => (content.length >> (8 * (width - 1 - index))) & 255,
  );
  return [...length, ...content];
}

function pair(number: number): readonly [number, number] {
  return [number >> 8, number & 255];
}
