/**
 * One HTTP exchange: redirects are followed, connecting and the wait for the head have time limits, and
 * failures are classified.
 *
 * @module
 */
import { asCulvertError, CulvertError } from "../../errors.ts";
import { deadline } from "../../async/deadline.ts";
import { hostAndPort } from "../failure/explain.ts";
import { CONNECT_LIMIT_MS } from "../failure/stage.ts";
import { requestHeaders } from "../request_headers.ts";
import type { TapSource } from "../tap_source.ts";
import { proxyCredentials } from "../route/proxy_address.ts";
import { describeRoute, type Route, routeKind, type RouteTable } from "../route/route.ts";
import type { ConnectParts } from "../tunnel/establish.ts";
import type { HttpReply, HttpRequest } from "./dialer.ts";
import type { HttpClientPool } from "./http_client_pool.ts";
import { ACCEPT_ENCODING, decodedBody } from "./body/content_decoding.ts";
import { followUp, REDIRECT_LIMIT } from "./redirects.ts";
import { ReplyBody } from "./reply_body.ts";
import type { SizedRequest } from "./sized_request.ts";
import { type TappedRequest, tapRequest } from "./tapped_request.ts";

/** Time after which it is checked whether a request without an answer is connected, ms. */
const QUIET_MS = 3000;

/** The parts of the dialer that an exchange uses. */
export interface ExchangeParts extends ConnectParts {
  readonly pool: HttpClientPool;
  readonly routes: RouteTable;
  /** Creates the error for a proxy that answered 407 instead of the server. */
  readonly refusedByProxy: (headers: Headers, url: URL, route: Route) => CulvertError;
  /** Creates the tap of each exchange; absent: nothing is reported. */
  readonly taps?: TapSource;
  /** Origins that have answered. */
  readonly answered: Set<string>;
}

/** Makes the exchange. `Dialer.request` lists the errors. */
export async function exchange(first: HttpRequest, parts: ExchangeParts): Promise<HttpReply> {
  const { bodySize, headerTimeoutMs, signal } = first;
  signal?.throwIfAborted();
  // For a body of known length the limit applies to the time without progress.
  using limit = headerTimeoutMs === undefined || bodySize !== undefined
    ? undefined
    : deadline(headerTimeoutMs, parts.world);
  let request = first;
  for (let hop = 0;; hop++) {
    const route = parts.routes.resolve(request.url);
    const { response, tapped } = await observedSend(request, route, limit?.signal, parts);
    if (response.status === 407 && isForwarded(request.url, route)) {
      tapped?.end("complete");
      await response.body?.cancel();
      throw parts.refusedByProxy(response.headers, request.url, route);
    }
    const next = await followUpOf(request, response);
    if (next === undefined) return reply({ response, tapped }, request, route, parts);
    tapped?.end("complete");
    if (hop >= REDIRECT_LIMIT) {
      throw new CulvertError(
        "redirect",
        `${first.url.origin} redirects in a loop: stopped after ${REDIRECT_LIMIT} redirects`,
        { details: { host: first.url.host, last_host: next.url.host } },
      );
    }
    request = next;
  }
}

/** Returns the request to the target of the redirect, and cancels the body of the redirect. */
async function followUpOf(request: HttpRequest, response: Response): Promise<HttpRequest | undefined> {
  let isReply = false;
  try {
    const next = followUp(request, response.status, response.headers.get("location"));
    isReply = next === undefined;
    return next;
  } finally {
    if (!isReply) await response.body?.cancel();
  }
}

/** The answer to one request, and the tap that its body is reported to. */
interface Answer {
  readonly response: Response;
  readonly tapped: TappedRequest | undefined;
}

/** Sends one request and reports the head of its answer. */
async function observedSend(
  request: HttpRequest,
  route: Route,
  late: AbortSignal | undefined,
  parts: ExchangeParts,
): Promise<Answer> {
  const { observer, world } = parts;
  const { method, url, signal } = request;
  const host = hostAndPort(url);
  observer.observe({ kind: "note", level: "debug", message: `${method} ${host}: ${describeRoute(route)}` });
  const startMs = world.monotonic();
  const observe = (outcome: { readonly status: number } | { readonly error: string }) =>
    observer.observe({
      kind: "headers",
      transport: "http",
      method,
      host,
      route: routeKind(route),
      startMs,
      durationMs: world.monotonic() - startMs,
      ...outcome,
    });
  try {
    const answer = await send(request, route, late, parts);
    observe({ status: answer.response.status });
    return answer;
  } catch (error) {
    if (signal?.aborted !== true) observe({ error: asCulvertError(error).code });
    throw error;
  }
}

async function send(
  request: HttpRequest,
  route: Route,
  late: AbortSignal | undefined,
  parts: ExchangeParts,
): Promise<Answer> {
  const { bodySize, signal, url, connectTimeoutMs = CONNECT_LIMIT_MS } = request;
  const headers = requestHeaders(request.headers, parts.userAgent);
  if (!headers.has("accept-encoding")) headers.set("accept-encoding", ACCEPT_ENCODING);
  const tapped = parts.taps === undefined ? undefined : tapRequest(parts.taps, request, headers, parts.world);
  const body = tapped === undefined ? request.body : tapped.body;
  if (bodySize !== undefined && body instanceof ReadableStream) {
    return await sendWithSize({ ...request, headers, body, bodySize }, tapped, parts);
  }
  const credentials = forwardedCredentials(url, route);
  if (credentials !== undefined) headers.set("proxy-authorization", credentials);
  const client = parts.pool.clientFor(route);
  const answered = new AbortController();
  const stuck = new AbortController();
  // An origin that has answered may have an open connection in the pool.
  if (!parts.answered.has(url.origin)) {
    void watchConnecting(url, route, parts, connectTimeoutMs, answered.signal).then((failure) => {
      // The answer may have arrived while the failure was examined.
      if (failure !== undefined && !answered.signal.aborted) stuck.abort(failure);
    });
  }
  try {
    const response = await fetch(url, {
      method: request.method,
      headers,
      redirect: "manual",
      client,
      signal: AbortSignal.any([late, stuck.signal, signal].filter((one) => one !== undefined)),
      ...(body === undefined ? {} : { body }),
    });
    parts.answered.add(url.origin);
    tapped?.answered(response);
    return { response, tapped };
  } catch (error) {
    const failure = await failureOf(error, request, route, { late, stuck: stuck.signal }, parts);
    tapped?.end(signal?.aborted === true ? "aborted" : "failed", failure);
    throw failure;
  } finally {
    answered.abort();
  }
}

async function sendWithSize(
  request: SizedRequest,
  tapped: TappedRequest | undefined,
  parts: ExchangeParts,
): Promise<Answer> {
  const { sendSized } = await import("./sized_request.ts");
  try {
    const response = await sendSized(request, parts.routes, parts);
    tapped?.answered(response);
    return { response, tapped };
  } catch (error) {
    tapped?.end(request.signal?.aborted === true ? "aborted" : "failed", error);
    throw error;
  }
}

/** Returns the error to throw for a request that has no answer. */
async function failureOf(
  thrown: unknown,
  request: HttpRequest,
  route: Route,
  { late, stuck }: { readonly late: AbortSignal | undefined; readonly stuck: AbortSignal },
  parts: ExchangeParts,
): Promise<unknown> {
  const { signal, url } = request;
  const isCancelled = () => signal?.aborted === true;
  if (isCancelled()) return signal?.reason;
  if (stuck.aborted) return stuck.reason;
  if (late?.aborted === true) return headTimeout(request, route);
  const failure = await parts.fail(thrown, url, route, signal, "request");
  return isCancelled() ? signal?.reason : failure;
}

async function watchConnecting(
  url: URL,
  route: Route,
  parts: ExchangeParts,
  limitMs: number,
  answered: AbortSignal,
): Promise<CulvertError | undefined> {
  try {
    const quietMs = Math.min(limitMs / 2, QUIET_MS);
    await parts.world.sleep(quietMs, answered);
    const { connectFailure } = await import("./connect_watch.ts");
    return await connectFailure(url, route, parts, { limitMs, quietMs }, answered);
  } catch {
    // The request was answered, or it has already failed.
    return undefined;
  }
}

function headTimeout({ url, headerTimeoutMs = 0 }: HttpRequest, route: Route): CulvertError {
  return new CulvertError(
    "header_timeout",
    `${hostAndPort(url)} did not answer within ${headerTimeoutMs} ms (route: ${describeRoute(route)})`,
    {
      hint: "Try again; if it happens again, a proxy on the route may be buffering the answer.",
      details: { host: url.host, timeout_ms: headerTimeoutMs },
    },
  );
}

/**
 * Returns whether the proxy forwards a request, so that its own 407 looks like the server's answer: a plain HTTP
 * request through an HTTP proxy. Every other request goes through a tunnel.
 */
export function isForwarded(url: URL, route: Route): boolean {
  return url.protocol === "http:" && route.kind === "proxy" && !route.proxy.scheme.startsWith("socks");
}

/**
 * Returns the credentials for a forwarded request. The runtime presents a proxy's credentials on CONNECT and
 * to plain proxies, but not on requests that it forwards to a proxy over TLS (observed with Deno 2.9.6).
 */
function forwardedCredentials(url: URL, route: Route): string | undefined {
  if (!isForwarded(url, route) || route.kind !== "proxy" || route.proxy.scheme !== "https") return undefined;
  return proxyCredentials(route.proxy);
}

function reply(
  { response, tapped }: Answer,
  request: HttpRequest,
  route: Route,
  parts: ExchangeParts,
): HttpReply {
  const body = response.body === null ? null : decodedBody(response.body, response.headers);
  if (body === null) tapped?.end("complete");
  const failed = (error: unknown): unknown =>
    request.signal?.aborted === true ? request.signal.reason : parts.broken(error, request.url, route);
  return {
    status: response.status,
    headers: response.headers,
    body: body === null ? null : new ReplyBody(body, failed, tapped),
    url: request.url,
    route,
  };
}
