/**
 * The tunnel of a SOCKS5 proxy (RFC 1928), with user and password (RFC 1929). Host names are always resolved
 * by the proxy, for `socks5` as well as `socks5h`, because the resolver of the machine often cannot resolve
 * them.
 *
 * @module
 */
import { FaultError } from "../failure/fault.ts";
import { proxyAuthReason } from "../failure/proxy_auth.ts";
import type { ProxyEndpoint } from "../route/route.ts";
import { type ByteReader, type ByteWriter, writeAll } from "./byte_conn.ts";

const VERSION = 5;
const NO_AUTHENTICATION = 0;
const USER_PASSWORD = 2;
/** RFC 1928 §3: none of the methods is acceptable. */
const NO_METHOD = 0xff;
/** RFC 1928 §5. */
const ADDRESS_IPV4 = 1;
const ADDRESS_NAME = 3;
const ADDRESS_IPV6 = 4;

/** The meaning of the reply codes of RFC 1928 §6, and the end that each is about. */
const REPLIES: Readonly<Record<number, readonly ["proxy" | "target", string]>> = {
  1: ["proxy", "the SOCKS proxy reports a general failure"],
  2: ["proxy", "the rules of the SOCKS proxy do not allow the connection"],
  3: ["target", "the SOCKS proxy could not connect to it: network unreachable"],
  4: ["target", "the SOCKS proxy could not connect to it: host unreachable"],
  5: ["target", "the SOCKS proxy could not connect to it: connection refused"],
  6: ["target", "the SOCKS proxy could not connect to it: TTL expired"],
  7: ["proxy", "the SOCKS proxy does not support the command CONNECT"],
  8: ["proxy", "the SOCKS proxy does not support this type of address"],
};

/**
 * Requests a connection.
 *
 * @param host name or address, without brackets
 * @throws FaultError `proxy_auth`, `proxy_refused`, and `connect` if the proxy could not reach the target
 */
export async function openSocksTunnel(
  conn: ByteReader & ByteWriter,
  proxy: ProxyEndpoint,
  host: string,
  port: number,
): Promise<void> {
  const address = addressOf(host);
  const methods = proxy.username === undefined ? [NO_AUTHENTICATION] : [NO_AUTHENTICATION, USER_PASSWORD];
  await writeAll(conn, Uint8Array.of(VERSION, methods.length, ...methods));
  const [version, method] = await take(conn, 2);
  if (version !== VERSION) notSocks();
  if (method === NO_METHOD || (method === USER_PASSWORD && proxy.username === undefined)) {
    fail("proxy_auth", proxyAuthReason("SOCKS", proxy));
  }
  if (method === USER_PASSWORD) await authenticate(conn, proxy);
  else if (method !== NO_AUTHENTICATION) {
    fail(
      "proxy_refused",
      `the SOCKS proxy chose authentication method ${method}, which was not offered`,
    );
  }
  await writeAll(conn, Uint8Array.of(VERSION, 1, 0, ...address, port >> 8, port & 0xff));
  await readReply(conn);
}

async function readReply(conn: ByteReader): Promise<void> {
  const [version, reply = 1, , kind] = await take(conn, 4);
  if (version !== VERSION) notSocks();
  if (reply !== 0) {
    const [at, reason] = REPLIES[reply] ??
      ["proxy", `the SOCKS proxy refused the connection with code ${reply}, which RFC 1928 does not define`];
    fail(at === "target" ? "connect" : "proxy_refused", reason, at);
  }
  switch (kind) {
    case ADDRESS_IPV4:
      return void await take(conn, 4 + 2);
    case ADDRESS_IPV6:
      return void await take(conn, 16 + 2);
    case ADDRESS_NAME:
      return void await take(conn, (await take(conn, 1))[0] ?? 0).then(() => take(conn, 2));
    default:
      notSocks();
  }
}

async function authenticate(conn: ByteReader & ByteWriter, proxy: ProxyEndpoint): Promise<void> {
  const user = new TextEncoder().encode(proxy.username ?? "");
  const password = new TextEncoder().encode(proxy.password ?? "");
  if (user.length > 255 || password.length > 255) {
    fail("proxy_auth", "SOCKS5 allows user names and passwords of up to 255 bytes");
  }
  await writeAll(conn, Uint8Array.of(1, user.length, ...user, password.length, ...password));
  const [, status] = await take(conn, 2);
  if (status !== 0) fail("proxy_auth", proxyAuthReason("SOCKS", proxy));
}

function addressOf(host: string): readonly number[] {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return [ADDRESS_IPV4, ...host.split(".").map(Number)];
  if (host.includes(":")) return [ADDRESS_IPV6, ...ipv6Bytes(host)];
  const name = new TextEncoder().encode(host);
  if (name.length > 255) fail("proxy_refused", "SOCKS5 allows host names of up to 255 bytes");
  return [ADDRESS_NAME, name.length, ...name];
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

/** Reads an exact number of bytes, because the bytes after them belong to the tunnel. */
async function take(conn: ByteReader, count: number): Promise<Uint8Array> {
  const taken = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const read = await conn.read(taken.subarray(at));
    if (read === null) notSocks(", or it closed the connection");
    at += read;
  }
  return taken;
}

function fail(
  code: "connect" | "proxy_auth" | "proxy_refused",
  reason: string,
  at: "proxy" | "target" = "proxy",
): never {
  throw new FaultError({ code, at, stage: "proxy", reason });
}

function notSocks(more = ""): never {
  throw new FaultError({
    code: "proxy_refused",
    at: "proxy",
    stage: "proxy",
    reason: `the server at the address of the proxy does not speak SOCKS5${more}`,
    suspectsScheme: true,
  });
}
