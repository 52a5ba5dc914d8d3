/**
 * Builds a dialer.
 *
 * @module
 */
import { asCulvertError, CulvertError } from "../../errors.ts";
import { classify, forClient } from "../failure/classify.ts";
import { explain, hostAndPort } from "../failure/explain.ts";
import type { NetworkFault } from "../failure/fault.ts";
import { challengesOf, proxyAuthReason } from "../failure/proxy_auth.ts";
import type { Stage } from "../failure/stage.ts";
import { SILENT } from "../observer.ts";
import { TapSource } from "../tap_source.ts";
import { describeRoute, type Route } from "../route/route.ts";
import type { ConnectParts } from "../tunnel/establish.ts";
import type { Dialer, DialerOptions } from "./dialer.ts";
import { loadingFailure } from "./env_permission.ts";
import { HttpClientPool } from "./http_client_pool.ts";
import { exchange, type ExchangeParts, isForwarded } from "./http_exchange.ts";

/** Builds a dialer. It opens no connection before the first request. */
export function createDialer(options: DialerOptions): Dialer {
  const { trust, routes, world, userAgent, identity, observer = SILENT } = options;
  const base = {
    trust,
    world,
    userAgent,
    identity,
    ...(options.tcp === undefined ? {} : { tcp: options.tcp }),
  };
  const faultOf = (thrown: unknown, url: URL, route: Route, stage: Stage): NetworkFault | undefined => {
    if (thrown instanceof CulvertError) return undefined;
    const fault = classify(thrown, route, stage, isForwarded(url, route));
    return fault === undefined ? undefined : forClient(fault, identity !== undefined);
  };
  const broken = (thrown: unknown, url: URL, route: Route, stage: Stage = "open"): CulvertError => {
    const fault = faultOf(thrown, url, route, stage);
    return fault === undefined ? asCulvertError(thrown) : explain(fault, { url, route, trust });
  };
  const fail: ConnectParts["fail"] = async (thrown, url, route, signal, stage) => {
    const fault = faultOf(thrown, url, route, stage);
    if (fault === undefined) return broken(thrown, url, route, stage);
    const { deservesLook, examine } = await import("../diagnosis/probe.ts");
    if (!deservesLook(fault, route)) return explain(fault, { url, route, trust });
    const seen = await examine(fault, url, route, base, signal);
    return explain(seen.fault, { url, route, trust }, seen.findings);
  };
  const taps = options.tap === undefined ? {} : { taps: new TapSource(options.tap) };
  const connectParts: ConnectParts = { ...base, observer, fail, broken };
  const parts: ExchangeParts = {
    ...connectParts,
    pool: new HttpClientPool(base),
    routes,
    refusedByProxy: (headers, url, route) => {
      const challenges = challengesOf(headers.get("proxy-authenticate"));
      const fault: NetworkFault = {
        code: "proxy_auth",
        at: "proxy",
        reason: proxyAuthReason(407, route.kind === "proxy" ? route.proxy : undefined, challenges),
        proxyStatus: 407,
        challenges,
      };
      return explain(fault, { url, route, trust });
    },
    ...taps,
    answered: new Set(),
  };
  return {
    trust,
    routes,
    request: (request) => exchange(request, parts),
    openWebSocket: async (request) => {
      parts.pool.mustBeOpen();
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
      return await openWebSocket(request, route, { ...connectParts, ...taps });
    },
    connect: async (target, streamOptions) => {
      parts.pool.mustBeOpen();
      const { openByteStream } = await import("./open_byte_stream.ts");
      return await openByteStream(target, streamOptions, routes, connectParts);
    },
    close: () => parts.pool.close(),
  };
}
