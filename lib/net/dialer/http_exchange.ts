/**
 * One HTTP exchange: redirects followed, headers awaited for so long and no longer, failures told apart.
 *
 * @module
 */
import { asCulvertError, CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";
import type { HttpReply, HttpRequest } from "./dialer.ts";
import { basicCredentials } from "../route/proxy_address.ts";
import { describeRoute, type Route, routeKind, type RouteTable } from "../route/route.ts";
import type { Observer } from "../observer.ts";
import { requestHeaders } from "../request_headers.ts";
import { followUp, REDIRECT_LIMIT } from "./redirects.ts";
import type { HttpClientPool } from "./http_client_pool.ts";
import { hostAndPort } from "../failure/explain.ts";
import { ACCEPT_ENCODING, decodedBody } from "./body/content_decoding.ts";
import { ReplyBody } from "./reply_body.ts";

/** What an exchange needs of its dialer. */
export interface ExchangeParts {
  readonly pool: HttpClientPool;
  readonly routes: RouteTable;
  readonly world: World;
  readonly userAgent: string;
  /** Makes the error for whatever the runtime threw. */
  readonly fail: (
    thrown: unknown,
    url: URL,
    route: Route,
    signal: AbortSignal | undefined,
  ) => Promise<CulvertError>;
  /** The same for a body that broke off; asks nobody. */
  readonly broken: (thrown: unknown, url: URL, route: Route) => CulvertError;
  /** Makes the error for a proxy that answered 407 in the server's stead. */
  readonly refusedByProxy: (headers: Headers, url: URL, route: Route) => CulvertError;
  /** Looks whether a connection can be made at all, for half of the limit. */
  readonly connectFailure: (
    request: HttpRequest,
    limitMs: number,
    route: Route,
    signal: AbortSignal,
  ) => Promise<CulvertError | undefined>;
  /** Origins that have answered. */
  readonly answered: Set<string>;
  readonly observer: Observer;
}

/**
 * Makes the exchange. See `Dialer.request` for what it throws.
 */
export async function exchange(request: HttpRequest, parts: ExchangeParts): Promise<HttpReply> {
  request.signal?.throwIfAborted();
  const answered = new AbortController();
  const late = new AbortController();
  if (request.headerTimeoutMs !== undefined) {
    parts.world.sleep(request.headerTimeoutMs, answered.signal).then(
      () => late.abort(),
      // The pause was called off because the headers came.
      () => {},
    );
  }
  try {
    return await follow(request, late.signal, parts);
  } finally {
    answered.abort();
  }
}

async function follow(first: HttpRequest, late: AbortSignal, parts: ExchangeParts): Promise<HttpReply> {
  let request = first;
  for (let hop = 0;; hop++) {
    const route = parts.routes.resolve(request.url);
    const response = await observedSend(request, route, late, parts);
    if (response.status === 407 && isForwarded(request.url, route)) {
      await response.body?.cancel();
      throw parts.refusedByProxy(response.headers, request.url, route);
    }
    const next = request.redirect === "manual"
      ? undefined
      : followUp(request, response.status, response.headers.get("location"));
    if (next === undefined) return reply(response, request, route, parts);
    await response.body?.cancel();
    if (hop >= REDIRECT_LIMIT) {
      throw new CulvertError(
        "redirect",
        `${first.url.origin} redirects in circles: gave up after ${REDIRECT_LIMIT} redirects`,
        { details: { host: first.url.host, last_host: next.url.host } },
      );
    }
    request = next;
  }
}

/** Sends one request and reports the head of its answer. */
async function observedSend(
  request: HttpRequest,
  route: Route,
  late: AbortSignal,
  parts: ExchangeParts,
): Promise<Response> {
  const { observer, world } = parts;
  const { method, url, signal } = request;
  const target = hostAndPort(url);
  observer.observe({
    kind: "note",
    level: "debug",
    message: `${method} ${target}: ${describeRoute(route)}`,
  });
  const startMs = world.monotonic();
  const observe = (outcome: { readonly status: number } | { readonly error: string }) =>
    observer.observe({
      kind: "headers",
      transport: "http",
      method,
      host: target,
      route: routeKind(route),
      startMs,
      durationMs: world.monotonic() - startMs,
      ...outcome,
    });
  try {
    const response = await send(request, route, late, parts);
    observe({ status: response.status });
    return response;
  } catch (error) {
    if (signal?.aborted !== true) observe({ error: asCulvertError(error).code });
    throw error;
  }
}

async function send(
  request: HttpRequest,
  route: Route,
  late: AbortSignal,
  parts: ExchangeParts,
): Promise<Response> {
  const { signal, connectTimeoutMs } = request;
  const answered = new AbortController();
  const stuck = new AbortController();
  // A connection that is kept may carry the request already: then the question whether one can be made is no question.
  if (connectTimeoutMs !== undefined && !parts.answered.has(request.url.origin)) {
    void watchConnecting(request, connectTimeoutMs, route, answered.signal, parts).then((failure) => {
      if (failure !== undefined) stuck.abort(failure);
    });
  }
  const headers = requestHeaders(request.headers, parts.userAgent);
  if (!headers.has("accept-encoding")) headers.set("accept-encoding", ACCEPT_ENCODING);
  const credentials = forwardedCredentials(request.url, route);
  if (credentials !== undefined) headers.set("proxy-authorization", credentials);
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers,
      redirect: "manual",
      client: parts.pool.clientFor(route),
      signal: AbortSignal.any([late, stuck.signal, ...(signal === undefined ? [] : [signal])]),
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    parts.answered.add(request.url.origin);
    return response;
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    if (stuck.signal.aborted) throw stuck.signal.reason;
    if (late.aborted) {
      throw new CulvertError(
        "header_timeout",
        `${hostAndPort(request.url)} did not answer within ${request.headerTimeoutMs} ms ` +
          `(route: ${describeRoute(route)})`,
        {
          hint: "Try again; if it stays silent, a proxy on the way may be holding the answer back.",
          details: { host: request.url.host, timeout_ms: request.headerTimeoutMs ?? 0 },
        },
      );
    }
    const failure = await parts.fail(error, request.url, route, signal);
    signal?.throwIfAborted();
    throw failure;
  } finally {
    answered.abort();
  }
}

async function watchConnecting(
  request: HttpRequest,
  limitMs: number,
  route: Route,
  answered: AbortSignal,
  parts: ExchangeParts,
): Promise<CulvertError | undefined> {
  try {
    await parts.world.sleep(limitMs / 2, answered);
    return await parts.connectFailure(request, limitMs, route, answered);
  } catch {
    // The answer came, or its failure; a watch that fails says nothing of the connection.
    return undefined;
  }
}

/** Whether the proxy speaks HTTP for the server, so that its own 407 looks like the server's answer. */
function isForwarded(url: URL, route: Route): boolean {
  return url.protocol === "http:" && route.kind === "proxy" && !route.proxy.scheme.startsWith("socks");
}

/**
 * The runtime presents a proxy's credentials on CONNECT and to plain proxies, but not on requests that it
 * forwards to a proxy over TLS (seen in 2.9.6).
 */
function forwardedCredentials(url: URL, route: Route): string | undefined {
  if (!isForwarded(url, route) || route.kind !== "proxy" || route.proxy.scheme !== "https") return undefined;
  return basicCredentials(route.proxy);
}

function reply(response: Response, request: HttpRequest, route: Route, parts: ExchangeParts): HttpReply {
  const body = response.body === null ? null : decodedBody(response.body, response.headers);
  const failed = (error: unknown): unknown =>
    request.signal?.aborted === true ? request.signal.reason : parts.broken(error, request.url, route);
  return {
    status: response.status,
    headers: response.headers,
    body: body === null ? null : new ReplyBody(body, failed),
    url: request.url,
    route,
  };
}
