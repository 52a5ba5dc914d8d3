/**
 * The tunnel of an HTTP proxy (RFC 9110 §9.3.6).
 *
 * @module
 */
import { challengesOf } from "../failure/challenges.ts";
import { FaultError } from "../failure/fault.ts";
import { type ByteReader, type ByteWriter, writeAll } from "./byte_conn.ts";
import { readHead } from "./http_head.ts";
import { basicCredentials } from "../route/proxy_address.ts";
import type { ProxyEndpoint } from "../route/route.ts";

/** Bytes of a proxy's answer at most, as in the codex client. */
const HEAD_LIMIT = 8192;

/**
 * Asks for a tunnel. Credentials go out with the first request: proxies that would challenge for them are told
 * what they want to know, and no round trip is spent.
 *
 * @param target `host:port`, IPv6 in brackets
 * @throws FaultError `proxy_auth`, `proxy_refused`
 */
export async function openHttpTunnel(
  conn: ByteReader & ByteWriter,
  proxy: ProxyEndpoint,
  target: string,
  userAgent: string,
): Promise<void> {
  const credentials = basicCredentials(proxy);
  const lines = [
    `CONNECT ${target} HTTP/1.1`,
    `Host: ${target}`,
    `User-Agent: ${userAgent}`,
    "Proxy-Connection: Keep-Alive",
    ...(credentials === undefined ? [] : [`Proxy-Authorization: ${credentials}`]),
  ];
  await writeAll(conn, new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
  const head = await readHead(conn, HEAD_LIMIT);
  if (head === "eof") refuse("the proxy closed the connection instead of answering CONNECT");
  if (head === "too_long") refuse("the proxy's answer to CONNECT is longer than 8 KiB");
  if (head === "not_http") refuse("what answers at the proxy's address does not speak HTTP");
  // tinyproxy (1.11) answers wrong credentials by 401, which on CONNECT can come from nobody but the proxy.
  if (head.status === 407 || head.status === 401) {
    const header = head.status === 407 ? "proxy-authenticate" : "www-authenticate";
    throw new FaultError({
      code: "proxy_auth",
      at: "proxy",
      reason: `the proxy does not accept the credentials, or the lack of them (${head.status})`,
      proxyStatus: head.status,
      challenges: challengesOf(head.headers.get(header)),
    });
  }
  if (head.status < 200 || head.status > 299) {
    const reason = head.reason.replace(/[^\x20-\x7e]/g, "").slice(0, 60);
    refuse(
      `the proxy refused the tunnel: ${head.status}${reason === "" ? "" : ` ${reason}`}`,
      head.status,
    );
  }
  if (head.rest.length > 0) refuse("the proxy sent data behind its answer to CONNECT");
}

function refuse(reason: string, proxyStatus?: number): never {
  throw new FaultError({
    code: "proxy_refused",
    at: "proxy",
    reason,
    ...(proxyStatus === undefined ? {} : { proxyStatus }),
  });
}
