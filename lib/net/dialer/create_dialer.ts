/**
 * Builds the one door out, of parts and of loaders for the parts that are seldom needed.
 *
 * @module
 */
import { asCulvertError, CulvertError } from "../../errors.ts";
import { challengesOf } from "../failure/challenges.ts";
import { classify } from "../failure/classify.ts";
import type { Dialer, DialerOptions, HttpReply, HttpRequest } from "./dialer.ts";
import { loadingFailure } from "./env_permission.ts";
import { explain, hostAndPort, isTlsFault } from "../failure/explain.ts";
import type { NetworkFault } from "../failure/fault.ts";
import { exchange, type ExchangeParts } from "./http_exchange.ts";
import { HttpClientPool } from "./http_client_pool.ts";
import { SILENT } from "../observer.ts";
import { describeRoute, type Route } from "../route/route.ts";
import type { ConnectParts } from "../tunnel/establish.ts";

/**
 * Makes a dialer. Nothing is opened until something is asked for.
 *
 * @param options what it stands on
 */
export function createDialer(options: DialerOptions): Dialer {
  const { trust, routes, world, userAgent, observer = SILENT } = options;
  const pool = new HttpClientPool(trust, world);
  const broken = (thrown: unknown, url: URL, route: Route): CulvertError => {
    if (thrown instanceof CulvertError) return thrown;
    const fault = classify(thrown, route);
    return fault === undefined ? asCulvertError(thrown) : explain(fault, { url, route, trust });
  };
  const fail = async (
    thrown: unknown,
    url: URL,
    route: Route,
    signal?: AbortSignal,
  ): Promise<CulvertError> => {
    const fault = thrown instanceof CulvertError ? undefined : classify(thrown, route);
    if (fault === undefined || !deservesALook(fault)) return broken(thrown, url, route);
    const { examine } = await import("../diagnosis/probe.ts");
    const seen = await examine(fault, url, route, { trust, world, userAgent }, signal);
    return explain(seen.fault, { url, route, trust }, seen.findings);
  };
  const connectParts: ConnectParts = {
    trust,
    world,
    userAgent,
    observer,
    fail,
    broken,
    ...(options.tcp === undefined ? {} : { tcp: options.tcp }),
  };
  const parts: ExchangeParts = {
    pool,
    routes,
    world,
    userAgent,
    fail,
    broken,
    refusedByProxy: (headers, url, route) =>
      explain(
        {
          code: "proxy_auth",
          at: "proxy",
          reason: "the proxy does not accept the credentials, or the lack of them (407)",
          proxyStatus: 407,
          challenges: challengesOf(headers.get("proxy-authenticate")),
        },
        { url, route, trust },
      ),
    connectFailure: async (request, limitMs, route, signal) => {
      const { connectFailure } = await import("./connect_watch.ts");
      return await connectFailure(
        { url: request.url, route, trust },
        { trust, world, userAgent },
        limitMs,
        signal,
      );
    },
    answered: new Set(),
    observer,
  };
  return {
    trust,
    routes,
    request: (request: HttpRequest): Promise<HttpReply> => exchange(request, parts),
    openWebSocket: async (request) => {
      request.signal?.throwIfAborted();
      const route = routes.resolve(request.url);
      observer.observe({
        kind: "note",
        level: "debug",
        message: `WEBSOCKET ${hostAndPort(request.url)}: ${describeRoute(route)}`,
      });
      const { openWebSocket } = await import("../websocket/open_websocket.ts").catch((error: unknown) => {
        throw loadingFailure(error);
      });
      return await openWebSocket(request, route, connectParts);
    },
    connect: async (target, options) => {
      const { openByteStream } = await import("./open_byte_stream.ts");
      return await openByteStream(target, options, routes, connectParts);
    },
    close: () => pool.close(),
  };
}

/** Whether a look at the same route can say more than the runtime did. */
function deservesALook(fault: NetworkFault): boolean {
  return isTlsFault(fault) || fault.code === "proxy_auth" || fault.code === "proxy_refused";
}
