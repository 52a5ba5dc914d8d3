/**
 * Connections from a proxy of ours to an origin.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import type { TrustStore } from "../../../trust/trust_store.ts";
import type { World } from "../../../world/world.ts";
import type { RouteTable } from "../../route/route.ts";
import { duplexOf } from "../../tunnel/byte_conn.ts";
import { openTunnel, secure } from "../../tunnel/tunnel.ts";

/** A server, as a client of the proxy names it. */
export interface Origin {
  /** Name or address, without brackets. With TLS, its certificate must be for this name. */
  readonly host: string;
  readonly port: number;
  /** Whether TLS is spoken with it. */
  readonly isSecure: boolean;
}

/** Opens connections to origins. */
export interface Upstream {
  /**
   * Connects, through the proxy where the route has one, and completes the TLS handshake.
   *
   * @throws what the network or the TLS library reports; the signal's reason
   */
  readonly open: (origin: Origin, signal: AbortSignal) => Promise<Duplex>;
}

/** What an upstream is made of. */
export interface UpstreamParts {
  readonly trust: TrustStore;
  readonly routes: RouteTable;
  readonly world: World;
  readonly userAgent: string;
  /** Where a host is reached. Default: as it is named. */
  readonly resolve?: ((host: string, port: number) => Address) | undefined;
  /** Time allowed for DNS, proxy and TLS together, ms. Default 15,000. */
  readonly connectTimeoutMs?: number;
}

/** Where a connection goes. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const CONNECT_TIMEOUT_MS = 15_000;

/** Builds an upstream with the roots to trust and the routes to take. */
export function createUpstream(parts: UpstreamParts): Upstream {
  const { routes, resolve, connectTimeoutMs = CONNECT_TIMEOUT_MS } = parts;
  return {
    open: async (origin, signal) => {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]);
      const route = routes.resolve(urlOf(origin));
      const target = resolve?.(origin.host, origin.port) ?? origin;
      const conn = await openTunnel(target, route, parts, limited);
      return duplexOf(origin.isSecure ? (await secure(conn, origin.host, parts, limited)).conn : conn);
    },
  };
}

/** Returns the URL by which a route to the origin is looked up. */
export function urlOf({ host, port, isSecure }: Origin): URL {
  return new URL(`${isSecure ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}/`);
}

/** Returns the value of `Host` for the origin: the port only if it is not the default one (RFC 9110 §7.2). */
export function hostHeaderOf(origin: Origin): string {
  return urlOf(origin).host;
}
