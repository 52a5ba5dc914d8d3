/**
 * The tunnel of an HTTP proxy (RFC 9110 §9.3.6).
 *
 * @module
 */
import { FaultError } from "../../failure/fault.ts";
import { challengesOf, proxyAuthReason } from "../../failure/proxy_auth.ts";
import { proxyCredentials } from "../../route/proxy_address.ts";
import type { ProxyEndpoint } from "../../route/route.ts";
import { type ByteReader, type ByteWriter, writeAll } from "../byte_conn.ts";
import { type HeadFailure, readHead } from "./http_head.ts";

/** Longest answer of a proxy, bytes, as in the codex client. */
const HEAD_LIMIT = 8192;

const FAILURES: Readonly<Record<HeadFailure, string>> = {
  eof: "the proxy closed the connection instead of answering CONNECT",
  too_long: "the answer of the proxy to CONNECT is longer than 8 KiB",
  not_http: "the server at the address of the proxy does not speak HTTP",
};

/**
 * Requests a tunnel. Credentials are sent with the first request, which saves the round trip of a challenge.
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
  const credentials = proxyCredentials(proxy);
  const lines = [
    `CONNECT ${target} HTTP/1.1`,
    `Host: ${target}`,
    `User-Agent: ${userAgent}`,
    "Proxy-Connection: Keep-Alive",
    ...(credentials === undefined ? [] : [`Proxy-Authorization: ${credentials}`]),
  ];
  await writeAll(conn, new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
  const head = await readHead(conn, HEAD_LIMIT);
  if (typeof head === "string") {
    throw new FaultError({
      code: "proxy_refused",
      at: "proxy",
      stage: "proxy",
      reason: FAILURES[head],
      ...(head === "too_long" ? {} : { suspectsScheme: true }),
    });
  }
  // tinyproxy (1.11) answers wrong credentials with 401, which on CONNECT can only come from the proxy.
  if (head.status === 407 || head.status === 401) {
    const header = head.status === 407 ? "proxy-authenticate" : "www-authenticate";
    const challenges = challengesOf(head.headers.get(header));
    throw new FaultError({
      code: "proxy_auth",
      at: "proxy",
      stage: "proxy",
      reason: proxyAuthReason(head.status, proxy, challenges),
      proxyStatus: head.status,
      challenges,
    });
  }
  if (head.status < 200 || head.status > 299) {
    const reason = head.reason.replace(/[^\x20-\x7e]/g, "").slice(0, 60);
    refuse(
      `the proxy refused the tunnel: ${head.status}${reason === "" ? "" : ` ${reason}`}`,
      head.status,
    );
  }
  if (head.rest.length > 0) refuse("the proxy sent data after its answer to CONNECT");
}

function refuse(reason: string, proxyStatus?: number): never {
  throw new FaultError({
    code: "proxy_refused",
    at: "proxy",
    stage: "proxy",
    reason,
    ...(proxyStatus === undefined ? {} : { proxyStatus }),
  });
}
