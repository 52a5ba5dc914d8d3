/**
 * Requests to the authority, bounded in time, size and number. Redirects are never followed, since the requests carry
 * tokens.
 *
 * @module
 */
import { deadline } from "../../async/deadline.ts";
import { CulvertError } from "../../errors.ts";
import { readText } from "../../net/dialer/body/read_text.ts";
import type { Dialer, HttpRequest } from "../../net/dialer/dialer.ts";
import { backoffMs, isTransient } from "../../net/dialer/retry.ts";
import type { World } from "../../world/world.ts";
import { isObject, type JsonObject, jsonObject } from "../../text/json.ts";
import type { AuthEndpoints } from "./auth_endpoints.ts";

/** Default limit of an exchange, ms. */
const EXCHANGE_LIMIT_MS = 30_000;
/** Limit for the connection, ms. */
const CONNECT_LIMIT_MS = 10_000;
const ATTEMPTS = 3;
/** Largest reply that is read, bytes. The authority's have a few KiB. */
const MAX_BODY_BYTES = 256 * 1024;

/** What requests to the authority work with. */
export interface Authority {
  readonly dialer: Dialer;
  readonly world: World;
  readonly endpoints: AuthEndpoints;
}

/** A complete reply. */
export interface AuthReply {
  readonly status: number;
  readonly headers: Headers;
  /** May contain tokens: never logged. */
  readonly text: string;
}

/** Tells whether a reply has a status of 2xx. */
export function isSuccess({ status }: Pick<AuthReply, "status">): boolean {
  return status >= 200 && status < 300;
}

/**
 * Sends a request and reads the whole reply.
 *
 * @param limitMs for the whole exchange, ms
 * @throws CulvertError of the network and TLS codes; `connect_timeout` after 10 s without a connection;
 *   `header_timeout` after `limitMs`; `redirect` for a reply that leads elsewhere; the reason of `request.signal`
 */
export async function exchange(
  { dialer, world }: Pick<Authority, "dialer" | "world">,
  request: HttpRequest,
  limitMs: number = EXCHANGE_LIMIT_MS,
): Promise<AuthReply> {
  using limit = deadline(limitMs, world, request.signal);
  const { signal } = limit;
  try {
    const bounds = { connectTimeoutMs: CONNECT_LIMIT_MS, redirect: "error", signal } as const;
    const { body, headers, status } = await dialer.request({ ...request, ...bounds });
    const { text } = await readText(body, { maxBytes: MAX_BODY_BYTES, signal });
    return { status, headers, text };
  } catch (error) {
    request.signal?.throwIfAborted();
    if (!limit.isExpired) throw error;
    const { host, pathname } = request.url;
    const message = `No complete answer from ${host}${pathname} within ${limitMs / 1000} s`;
    throw new CulvertError("header_timeout", message);
  }
}

interface RetryOptions {
  /** Tells whether another try may succeed. Default: {@link mayPass}. */
  readonly isTransient?: (failure: CulvertError) => boolean;
  /** Called before each pause. */
  readonly onRetry?: (failure: CulvertError, attempt: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes an exchange, at most three times while it fails in a way that may pass.
 *
 * @throws what the last try throws; the signal's reason
 */
export async function withRetry<T>(
  world: Pick<World, "random" | "sleep">,
  work: () => Promise<T>,
  { isTransient = mayPass, onRetry, signal }: RetryOptions = {},
): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      const isLast = !(error instanceof CulvertError) || attempt === ATTEMPTS || !isTransient(error);
      if (isLast) throw error;
      onRetry?.(error, attempt);
      await world.sleep(backoffMs(attempt, world.random()), signal);
    }
  }
}

/** Tells whether a failed exchange may succeed soon: 408, 429, 5xx, and most failures of the network. */
export function mayPass(failure: CulvertError): boolean {
  const { status } = failure.details;
  if (typeof status === "number") return status === 408 || status === 429 || status >= 500;
  const { cause } = failure;
  return isTransient({ kind: "error", error: cause instanceof CulvertError ? cause : failure });
}

/** Returns a request with a JSON body. */
export function jsonPost(url: URL, value: JsonObject): HttpRequest {
  const headers = { "content-type": "application/json", accept: "application/json" };
  return { method: "POST", url, headers, body: JSON.stringify(value) };
}

/** Returns the error code in a reply: `error.code`, else `error`, else `code`; lower case. */
export function errorCodeOf(text: string): string | undefined {
  const body = jsonObject(text);
  const error = body?.["error"];
  const code = (isObject(error) ? error["code"] : error) ?? body?.["code"];
  // A longer text is a message, which may quote what was sent.
  return typeof code === "string" && /^[\w.-]{1,80}$/.test(code) ? code.toLowerCase() : undefined;
}
