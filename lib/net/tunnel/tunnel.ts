/**
 * A connection to a target by its route, with the roots in force: for websockets and for the probe. Where
 * `fetch` makes its own connections, this makes the same ones: `Deno.connect` and `Deno.startTls` stand on the
 * same TLS library and verify by the same rules.
 *
 * @module
 */
import type { TrustStore } from "../../trust/trust_store.ts";
import type { World } from "../../world/world.ts";
import { classify } from "../failure/classify.ts";
import { dialTcp, systemTcp, type TcpParts } from "./dial_tcp.ts";
import { FaultError } from "../failure/fault.ts";
import { openHttpTunnel } from "./http_connect.ts";
import { overLoopback } from "./loopback_pair.ts";
import type { ProxyEndpoint, Route } from "../route/route.ts";
import { PROXY_VARIABLES } from "../route/route_table.ts";
import { openSocksTunnel } from "./socks5.ts";
import { raceAbort } from "../../async/race_abort.ts";

/** What tunnels are made of. */
export interface TunnelParts {
  readonly trust: TrustStore;
  readonly world: World;
  readonly userAgent: string;
  /** Default: the system's. */
  readonly tcp?: TcpParts;
}

/** Where to. */
export interface TunnelTarget {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** The target of a URL. */
export function targetOf(url: URL): TunnelTarget {
  const secure = url.protocol === "https:" || url.protocol === "wss:";
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
  };
}

/**
 * Connects to the target, through the proxy where the route has one. No TLS with the target yet.
 *
 * @throws FaultError, the system's errors, the signal's reason
 */
export async function openTunnel(
  target: TunnelTarget,
  route: Route,
  parts: TunnelParts,
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  const tcp = parts.tcp ?? systemTcp(parts.world.sleep);
  if (route.kind === "direct") return await dialTcp(target.host, target.port, tcp, signal);
  const { proxy } = route;
  const outer = await dialTcp(proxy.host, proxy.port, tcp, signal);
  return await closedOnFailure(outer, signal, async () => {
    if (proxy.scheme === "socks5" || proxy.scheme === "socks5h") {
      await openSocksTunnel(outer, proxy, target.host, target.port);
      return outer;
    }
    const host = target.host.includes(":") ? `[${target.host}]` : target.host;
    const carrier = proxy.scheme === "https" ? await secureProxy(outer, proxy, route, parts) : outer;
    await openHttpTunnel(carrier, proxy, `${host}:${target.port}`, parts.userAgent);
    return carrier === outer ? outer : await overLoopback(carrier);
  });
}

/**
 * Wraps a connection into TLS, verified against the roots in force.
 *
 * @param host whom the certificate must name, without brackets
 * @throws the TLS library's error; the signal's reason
 */
export async function secure(
  conn: Deno.TcpConn,
  host: string,
  parts: TunnelParts,
  signal: AbortSignal,
): Promise<Deno.TlsConn> {
  return await closedOnFailure(conn, signal, () => startTls(conn, host, parts));
}

async function startTls(conn: Deno.TcpConn, host: string, parts: TunnelParts): Promise<Deno.TlsConn> {
  const starting = parts.world.withoutVariables(
    [...PROXY_VARIABLES, "SSL_CERT_FILE", "SSL_CERT_DIR"],
    () =>
      Deno.startTls(conn, {
        hostname: host,
        caCerts: [...parts.trust.additionalRoots],
        alpnProtocols: ["http/1.1"],
      }),
  );
  const wrapped = await starting;
  try {
    await wrapped.handshake();
  } catch (error) {
    wrapped.close();
    throw error;
  }
  return wrapped;
}

async function secureProxy(
  conn: Deno.TcpConn,
  proxy: ProxyEndpoint,
  route: Route,
  parts: TunnelParts,
): Promise<Deno.TlsConn> {
  try {
    return await startTls(conn, proxy.host, parts);
  } catch (error) {
    const fault = classify(error, route);
    if (fault === undefined) throw error;
    throw new FaultError({ ...fault, at: "proxy" });
  }
}

/** Runs a step on a connection; if it fails or is aborted, the connection is closed. */
async function closedOnFailure<T extends Deno.Conn>(
  conn: Deno.Conn,
  signal: AbortSignal,
  step: () => Promise<T>,
): Promise<T> {
  const running = step();
  try {
    return await raceAbort(running, signal);
  } catch (error) {
    closeQuietly(conn);
    // An aborted step goes on until it sees the closed connection; nobody waits for its end any more.
    running.then(closeQuietly, () => undefined);
    throw error;
  }
}

/** Closes what may be closed already. */
export function closeQuietly(conn: { readonly close: () => void }): void {
  try {
    conn.close();
  } catch (error) {
    // `startTls` takes the connection over: then there is nothing left to close here.
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
