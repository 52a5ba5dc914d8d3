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
import { type Attempt, isTransient } from "../../net/dialer/retry.ts";
import type { World } from "../../world/world.ts";
import { isObject, type JsonObject, jsonObject } from "../../text/json.ts";
import type { AuthEndpoints } from "./auth_endpoints.ts";

/** Default limit of an exchange, ms. */
const EXCHANGE_LIMIT_MS = 30_000;
/** Limit for the connection, ms. */
const CONNECT_LIMIT_MS = 10_000;
/** How often an exchange is repeated, and the longest delay that the authority may ask for, ms. */
export const RETRIES = { maxRetries: 2, maxServerDelayMs: 5_000 } as const;
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
    const message = `No complete answer from ${host}${pathname} within ${Math.round(limitMs / 1000)} s`;
    throw new CulvertError("header_timeout", message);
  }
}

/** Tells whether a request may succeed soon: after 408, 429, 5xx, and after most failures of the network. */
export function mayPass(attempt: Attempt): boolean {
  return attempt.kind === "reply" ? isTransientStatus(attempt.reply.status) : isTransient(attempt);
}

/** Tells whether a later request may be answered with another status. After 511 the network requires a login. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 511);
}

/** Returns a request with a JSON body. */
export function jsonPost(url: URL, value: JsonObject): HttpRequest {
  const headers = { "content-type": "application/json", accept: "application/json" };
  return { method: "POST", url, headers, body: JSON.stringify(value) };
}

/** Returns the error code in a reply: `error.code`, else `error`, else `code`, as the server wrote it. */
export function errorCodeOf(text: string): string | undefined {
  const body = jsonObject(text);
  const error = body?.["error"];
  const code = (isObject(error) ? error["code"] : error) ?? body?.["code"];
  // A longer text is a message, which may quote what was sent.
  return typeof code === "string" && /^[\w.-]{1,80}$/.test(code) ? code : undefined;
}
