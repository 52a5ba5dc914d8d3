/**
 * Builds the one door out.
 *
 * @module
 */
import { asCulvertError, CulvertError } from "../errors.ts";
import { classify } from "./classify.ts";
import type { Dialer, DialerOptions, HttpReply, HttpRequest } from "./dialer.ts";
import { explain, hostAndPort } from "./explain.ts";
import { exchange, type ExchangeParts } from "./http_exchange.ts";
import { HttpClientPool } from "./http_client_pool.ts";
import { SILENT } from "./observer.ts";
import { describeRoute, type Route } from "./route.ts";

/**
 * Makes a dialer. Nothing is opened until something is asked for.
 */
export function createDialer(options: DialerOptions): Dialer {
  const { trust, routes, world, userAgent, observer = SILENT } = options;
  const pool = new HttpClientPool(trust, world);
  const translate = (thrown: unknown, url: URL, route: Route): CulvertError => {
    if (thrown instanceof CulvertError) return thrown;
    const fault = classify(thrown, route);
    return fault === undefined ? asCulvertError(thrown) : explain(fault, { url, route, trust });
  };
  const parts: ExchangeParts = {
    pool,
    routes,
    world,
    userAgent,
    fail: translate,
    broken: translate,
    refusedByProxy: (headers, url, route) =>
      explain(
        {
          code: "proxy_auth",
          at: "proxy",
          reason: "the proxy asks for other credentials (407)",
          proxyStatus: 407,
          challenges: challengesOf(headers.get("proxy-authenticate")),
        },
        { url, route, trust },
      ),
    onHop: (request, route) =>
      observer({
        kind: "note",
        level: "debug",
        message: `${request.method} ${hostAndPort(request.url)}: ${describeRoute(route)}`,
      }),
  };
  return {
    trust,
    routes,
    request: (request: HttpRequest): Promise<HttpReply> => exchange(request, parts),
    openWebSocket: () => Promise.reject(new CulvertError("websocket", "Websockets are not built yet")),
    close: () => pool.close(),
  };
}

/**
 * The schemes of a `Proxy-Authenticate` header, without their parameters (RFC 9110 §11.6.1).
 */
export function challengesOf(header: string | null): readonly string[] {
  if (header === null) return [];
  const schemes = header.replace(/"(?:[^"\\]|\\.)*"/g, '""').split(",")
    .map((part) => /^\s*([A-Za-z][A-Za-z0-9-]*)(?=\s|$)(?!\s*=)/.exec(part)?.[1] ?? "")
    .filter((scheme) => scheme !== "");
  return [...new Set(schemes)];
}
