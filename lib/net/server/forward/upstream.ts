/**
 * Connections from a proxy of ours to an origin.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import type { Dialer } from "../../dialer/dialer.ts";
import { inBrackets } from "../../target.ts";
import type { StreamTarget } from "../../tunnel/byte_stream.ts";

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
   * @throws CulvertError of the network and TLS codes; the signal's reason
   */
  readonly open: (origin: Origin, signal: AbortSignal) => Promise<Duplex>;
  /**
   * Connects for a client that speaks TLS with the origin itself, by the route of `https`.
   *
   * @throws as {@link Upstream.open}
   */
  readonly openTunnel: (target: StreamTarget, signal: AbortSignal) => Promise<Duplex>;
}

/** Returns an upstream with the roots, the routes, the client certificate and the time limits of a dialer. */
export function dialerUpstream(dialer: Pick<Dialer, "connect">): Upstream {
  return {
    open: async ({ host, port, isSecure }, signal) => {
      // The forwarding speaks HTTP/1.1 only.
      const stream = await dialer.connect({ host, port }, { tls: isSecure, alpn: ["http/1.1"], signal });
      return stream.toDuplex();
    },
    openTunnel: async ({ host, port }, signal) =>
      (await dialer.connect({ host, port }, { tls: false, routeAsHttps: true, signal })).toDuplex(),
  };
}

/** Returns the URL of an origin. */
export function urlOf({ host, port, isSecure }: Origin): URL {
  return new URL(`${isSecure ? "https" : "http"}://${inBrackets(host)}:${port}/`);
}

/** Returns the value of `Host` for the origin: the port only if it is not the default one (RFC 9110 §7.2). */
export function hostHeaderOf(origin: Origin): string {
  return urlOf(origin).host;
}
