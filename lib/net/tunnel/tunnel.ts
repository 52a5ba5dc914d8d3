/**
 * Opens a connection to a target over its route, with the roots in force: for websockets, byte streams and
 * the probe. It makes the same connections as `fetch`: `Deno.connect` and `Deno.startTls` use the same TLS
 * library and verify by the same rules.
 *
 * @module
 */
import type { TrustStore } from "../../trust/trust_store.ts";
import type { World } from "../../world/world.ts";
import type { ClientIdentity } from "../client_identity.ts";
import { classify } from "../failure/classify.ts";
import { inBrackets, type TunnelTarget } from "../target.ts";
import { type ByteConn, closeQuietly } from "./byte_conn.ts";
import { dialTcp, systemTcp, type TcpParts } from "./dial_tcp.ts";
import { FaultError } from "../failure/fault.ts";
import { openHttpTunnel } from "./http/http_connect.ts";
import { overLoopback } from "./loopback_pair.ts";
import type { Progress } from "../failure/stage.ts";
import type { ProxyEndpoint, Route } from "../route/route.ts";
import { PROXY_VARIABLES } from "../route/route_table.ts";
import { openSocksTunnel } from "./socks5.ts";
import { raceAbort } from "../../async/race_abort.ts";

/** The parts that tunnels are built from. */
export interface TunnelParts {
  readonly trust: TrustStore;
  readonly world: World;
  readonly userAgent: string;
  /** Presented to servers and proxies that request a client certificate. */
  readonly identity?: ClientIdentity | undefined;
  /** Default: the resolver and the sockets of the system. */
  readonly tcp?: TcpParts;
}

/** A connection over TLS. */
export interface SecureConn {
  readonly conn: ByteConn;
  /** The protocol that ALPN selected; `undefined` if the server selected none. */
  readonly alpn: string | undefined;
}

/**
 * Connects to the target, through the proxy if the route has one. TLS with the target is not included.
 *
 * @param progress receives the stages as they are reached
 * @throws FaultError, the system's errors, the signal's reason
 */
export async function openTunnel(
  target: TunnelTarget,
  route: Route,
  parts: TunnelParts,
  signal: AbortSignal,
  progress: Progress = { stage: "resolve" },
): Promise<Deno.TcpConn> {
  const tcp = parts.tcp ?? systemTcp(parts.world.sleep);
  if (route.kind === "direct") return await dialTcp(target.host, target.port, tcp, signal, progress);
  const { proxy } = route;
  const outer = await dialTcp(proxy.host, proxy.port, tcp, signal, progress);
  return await closedOnFailure(outer, signal, async (held) => {
    if (proxy.scheme === "socks5" || proxy.scheme === "socks5h") {
      progress.stage = "proxy";
      await openSocksTunnel(outer, proxy, target.host, target.port);
      return outer;
    }
    const authority = `${inBrackets(target.host)}:${target.port}`;
    if (proxy.scheme === "http") {
      progress.stage = "proxy";
      await openHttpTunnel(outer, proxy, authority, parts.userAgent);
      return outer;
    }
    progress.stage = "proxy_tls";
    const secured = await secureProxy(outer, held, proxy, route, parts);
    progress.stage = "proxy";
    await openHttpTunnel(secured, proxy, authority, parts.userAgent);
    return await overLoopback(secured);
  });
}

/**
 * Wraps a connection into TLS, verified against the roots in force.
 *
 * @param host name or address that the certificate must contain, without brackets
 * @param alpn protocols to offer, the preferred first
 * @throws the TLS library's error; the signal's reason
 */
export async function secure(
  conn: Deno.TcpConn,
  host: string,
  parts: TunnelParts,
  signal: AbortSignal,
  alpn: readonly string[] = ["http/1.1"],
): Promise<SecureConn> {
  let agreed: string | undefined;
  const secured = await closedOnFailure(conn, signal, async (held) => {
    const wrapped = await startTls(conn, held, host, parts, alpn);
    agreed = wrapped.alpn;
    return wrapped.conn;
  });
  return { conn: secured, alpn: agreed };
}

/** The connection to close if a step fails: TLS takes over the connection below it. */
interface Held {
  current: ByteConn;
}

async function startTls(
  conn: Deno.TcpConn,
  held: Held,
  host: string,
  parts: TunnelParts,
  alpn: readonly string[],
): Promise<SecureConn> {
  const { identity, trust } = parts;
  if (identity !== undefined) {
    const { startClientTls } = await import("./client_tls.ts");
    return await startClientTls(conn, host, { identity, trust, alpn });
  }
  const starting = parts.world.withoutVariables(
    [...PROXY_VARIABLES, "SSL_CERT_FILE", "SSL_CERT_DIR"],
    () =>
      Deno.startTls(conn, {
        hostname: host,
        caCerts: [...trust.additionalRoots],
        alpnProtocols: [...alpn],
      }),
  );
  const wrapped = await starting;
  held.current = wrapped;
  const { alpnProtocol } = await wrapped.handshake();
  return { conn: wrapped, alpn: alpnProtocol ?? undefined };
}

async function secureProxy(
  conn: Deno.TcpConn,
  held: Held,
  proxy: ProxyEndpoint,
  route: Route,
  parts: TunnelParts,
): Promise<ByteConn> {
  try {
    const secured = await startTls(conn, held, proxy.host, parts, ["http/1.1"]);
    held.current = secured.conn;
    return secured.conn;
  } catch (error) {
    const fault = classify(error, route, "proxy_tls");
    if (fault === undefined) throw error;
    throw new FaultError({ ...fault, at: "proxy" });
  }
}

/** Runs a step on a connection, and closes the connection if the step fails or is aborted. */
async function closedOnFailure<T extends ByteConn>(
  conn: ByteConn,
  signal: AbortSignal,
  step: (held: Held) => Promise<T>,
): Promise<T> {
  const held: Held = { current: conn };
  const running = step(held);
  try {
    return await raceAbort(running, signal);
  } catch (error) {
    closeQuietly(held.current);
    // An aborted step continues until it sees the closed connection; a connection that it returns then is
    // also closed.
    running.then(closeQuietly, () => closeQuietly(held.current));
    throw error;
  }
}
