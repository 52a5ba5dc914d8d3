/**
 * The route of a request: directly, or through a proxy.
 *
 * @module
 */
import { inBrackets } from "../target.ts";

/** Schemes a proxy address may have. */
export type ProxyScheme = "http" | "https" | "socks5" | "socks5h";

/** A parsed proxy address. */
export interface ProxyEndpoint {
  readonly scheme: ProxyScheme;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** Percent-decoded. Present, with `password`, only if the address has user information. */
  readonly username?: string;
  /** Percent-decoded; empty if the address has only a user. Never printed. */
  readonly password?: string;
}

/** The route to one target, and the setting that selected it. */
export type Route =
  | {
    readonly kind: "direct";
    /**
     * The reason for using no proxy: nothing is set, `--proxy none`, the NO_PROXY entry that matched, or
     * loopback.
     */
    readonly reason: string;
  }
  | {
    readonly kind: "proxy";
    readonly proxy: ProxyEndpoint;
    /** The flag or variable that chose it: `--proxy`, `HTTPS_PROXY`, `all_proxy`, … */
    readonly source: string;
  };

/** Returns the kind of a route: `direct`, or the scheme of the proxy. */
export function routeKind(route: Route): "direct" | ProxyScheme {
  return route.kind === "direct" ? "direct" : route.proxy.scheme;
}

/** One resolver for every leg: HTTP, websocket, login, refresh. */
export interface RouteTable {
  /**
   * @param target `http:`, `https:`, `ws:` or `wss:` URL; `ws`/`wss` resolve as `http`/`https`
   * @throws CulvertError `proxy_invalid` if the address that applies cannot be used
   */
  readonly resolve: (target: URL) => Route;
}

/**
 * Describes the route for users: `direct (NO_PROXY entry "corp.example")` or `http://proxy:3128 from
 * HTTPS_PROXY`. Credentials are replaced by `***`.
 */
export function describeRoute(route: Route): string {
  if (route.kind === "direct") return `direct (${route.reason})`;
  const { scheme, host, port, username } = route.proxy;
  return `${scheme}://${username === undefined ? "" : "***@"}${
    inBrackets(host)
  }:${port} from ${route.source}`;
}
