/**
 * The tunnel of a SOCKS5 proxy (RFC 1928), with user and password (RFC 1929). Names are always resolved by the
 * proxy, for `socks5` as for `socks5h`: the machine's own resolver often does not know them.
 *
 * @module
 */
import { FaultError } from "../failure/fault.ts";
import { type ByteReader, type ByteWriter, writeAll } from "./byte_conn.ts";
import type { ProxyEndpoint } from "../route/route.ts";

const NO_AUTHENTICATION = 0;
const USER_PASSWORD = 2;

/** RFC 1928 §6. */
const REPLIES: readonly string[] = [
  "succeeded",
  "general failure",
  "not allowed by ruleset",
  "network unreachable",
  "host unreachable",
  "connection refused",
  "TTL expired",
  "command not supported",
  "address type not supported",
];

/**
 * Asks for a connection.
 *
 * @param host name or address, without brackets
 * @throws FaultError `proxy_auth`, `proxy_refused`, and `connect` where the proxy could not reach the target
 */
export async function openSocksTunnel(
  conn: ByteReader & ByteWriter,
  proxy: ProxyEndpoint,
  host: string,
  port: number,
): Promise<void> {
  const methods = proxy.username === undefined ? [NO_AUTHENTICATION] : [NO_AUTHENTICATION, USER_PASSWORD];
  await writeAll(conn, Uint8Array.of(5, methods.length, ...methods));
  const [version, method] = await take(conn, 2);
  if (version !== 5) fail("proxy_refused", "what answers there is not a SOCKS5 proxy");
  if (method === USER_PASSWORD) await authenticate(conn, proxy);
  else if (method !== NO_AUTHENTICATION) {
    fail("proxy_auth", "the SOCKS proxy does not accept the credentials, or the lack of them");
  }
  await writeAll(conn, Uint8Array.of(5, 1, 0, ...addressOf(host), port >> 8, port & 0xff));
  const [, reply = 1, , kind = 1] = await take(conn, 4);
  if (reply !== 0) {
    const words = REPLIES[reply] ?? `code ${reply}`;
    // 3 to 6 are about the target's end, the others are the proxy's own.
    if (reply >= 3 && reply <= 6) {
      fail("connect", `the SOCKS proxy could not connect to it: ${words}`, "target");
    }
    fail("proxy_refused", `the SOCKS proxy refused the connection: ${words}`);
  }
  const length = kind === 1 ? 4 : kind === 4 ? 16 : (await take(conn, 1))[0] ?? 0;
  await take(conn, length + 2);
}

async function authenticate(conn: ByteReader & ByteWriter, proxy: ProxyEndpoint): Promise<void> {
  const user = new TextEncoder().encode(proxy.username ?? "");
  const password = new TextEncoder().encode(proxy.password ?? "");
  if (user.length > 255 || password.length > 255) {
    fail("proxy_auth", "the SOCKS proxy takes user and password of 255 bytes at most");
  }
  await writeAll(conn, Uint8Array.of(1, user.length, ...user, password.length, ...password));
  const [, status] = await take(conn, 2);
  if (status !== 0) {
    fail("proxy_auth", "the SOCKS proxy does not accept the credentials, or the lack of them");
  }
}

function addressOf(host: string): readonly number[] {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return [1, ...host.split(".").map(Number)];
  if (host.includes(":")) return [4, ...ipv6Bytes(host)];
  const name = new TextEncoder().encode(host);
  if (name.length > 255) fail("proxy_refused", "the SOCKS proxy takes host names of 255 bytes at most");
  return [3, name.length, ...name];
}

function ipv6Bytes(host: string): readonly number[] {
  const [head = "", tail] = host.split("::");
  const words = (text: string) =>
    text.split(":").filter((word) => word !== "").map((word) => parseInt(word, 16));
  const before = words(head);
  const after = words(tail ?? "");
  const zeros = new Array<number>(tail === undefined ? 0 : 8 - before.length - after.length).fill(0);
  return [...before, ...zeros, ...after].flatMap((word) => [word >> 8, word & 0xff]);
}

/** Reads exactly so much: what follows belongs to the tunnel. */
async function take(conn: ByteReader, count: number): Promise<Uint8Array> {
  const taken = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const read = await conn.read(taken.subarray(at));
    if (read === null) fail("proxy_refused", "what answers there is not a SOCKS5 proxy, or it closed");
    at += read;
  }
  return taken;
}

function fail(
  code: "connect" | "proxy_auth" | "proxy_refused",
  reason: string,
  at: "proxy" | "target" = "proxy",
): never {
  throw new FaultError({ code, at, reason });
}
