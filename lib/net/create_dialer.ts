/**
 * Builds the one door out.
 *
 * @module
 */
import { asCulvertError, CulvertError } from "../errors.ts";
import { challengesOf } from "./challenges.ts";
import { classify } from "./classify.ts";
import type { Dialer, DialerOptions, HttpReply, HttpRequest } from "./dialer.ts";
import { explain, hostAndPort, isTlsFault } from "./explain.ts";
import type { NetworkFault } from "./fault.ts";
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
    fail: async (thrown, url, route, signal) => {
      const fault = classify(thrown, route);
      if (fault === undefined) return asCulvertError(thrown);
      if (!deservesALook(fault)) return explain(fault, { url, route, trust });
      const { examine } = await import("./probe.ts");
      const seen = await examine(fault, url, route, { trust, world, userAgent }, signal);
      return explain(seen.fault, { url, route, trust }, seen.findings);
    },
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

/** Whether a look at the same route can say more than the runtime did. */
function deservesALook(fault: NetworkFault): boolean {
  return isTlsFault(fault) || fault.code === "proxy_auth" || fault.code === "proxy_refused";
}
