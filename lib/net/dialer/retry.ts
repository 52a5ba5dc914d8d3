/**
 * Retries a single request. The library `p-retry` takes clock and random numbers from global objects and does not read
 * `Retry-After`, so only its loop could be used here.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";
import type { HttpReply } from "./dialer.ts";

/** Delay before the first retry, ms. */
const BASE_MS = 200;
/** Longest delay of the back-off, ms. */
const CAP_MS = 30_000;
/** Default of {@link RetryOptions.maxServerDelayMs}. */
const SERVER_CAP_MS = 120_000;

/** What is read of a reply: one whose body is read already has no stream. */
type Reply = Pick<HttpReply, "status" | "headers"> & Partial<Pick<HttpReply, "body">>;

/** The result of an attempt: a reply of any status, or an error. */
export type Attempt<R extends Reply = Reply> =
  | { readonly kind: "reply"; readonly reply: R }
  | { readonly kind: "error"; readonly error: CulvertError };

/** Describes the retry that follows. */
export interface RetryNotice {
  /** 1-based number of the retry. */
  readonly retry: number;
  readonly maxRetries: number;
  readonly delayMs: number;
  /** The cause: `http 503`, or the code of the error. */
  readonly because: string;
}

/** Options of {@link withRetries}. */
export interface RetryOptions<R extends Reply = Reply> {
  /** Retries after the first attempt; 0 for none. */
  readonly maxRetries: number;
  readonly world: World;
  readonly signal?: AbortSignal | undefined;
  /** Longest delay that the server may request, ms. A request with a longer one is not retried. Default 120 s. */
  readonly maxServerDelayMs?: number;
  /** Called before each delay. */
  readonly onRetry?: (notice: RetryNotice) => void;
  /** Returns whether to retry. It must not read the body of a reply. Default {@link isTransient}. */
  readonly shouldRetry?: (attempt: Attempt<R>) => boolean | Promise<boolean>;
}

/**
 * Sends a request until it succeeds, fails permanently, or no retry is left. The reply of the last attempt is returned
 * whatever its status; the bodies of the replies before it are cancelled.
 *
 * @param send makes one attempt; its parameter is the 0-based number of the attempt
 * @throws CulvertError of the last attempt; the reason of the signal when it is aborted
 */
export async function withRetries<R extends Reply>(
  send: (attempt: number) => Promise<R>,
  options: RetryOptions<R>,
): Promise<R> {
  const { world, maxRetries, maxServerDelayMs = SERVER_CAP_MS, signal } = options;
  const shouldRetry = options.shouldRetry ?? isTransient;
  for (let attempt = 0;; attempt++) {
    const result = await settle(() => send(attempt));
    if (result.kind === "reply" && result.reply.status < 400) return result.reply;
    if (attempt >= maxRetries || signal?.aborted === true || !await shouldRetry(result)) {
      return unwrap(result);
    }
    const asked = result.kind === "reply" ? retryAfterMs(result.reply.headers, world.now()) : undefined;
    if (asked !== undefined && asked > maxServerDelayMs) return unwrap(result);
    const delayMs = asked ?? backoffMs(attempt + 1, world.random());
    options.onRetry?.({
      retry: attempt + 1,
      maxRetries,
      delayMs,
      because: result.kind === "reply" ? `http ${result.reply.status}` : result.error.code,
    });
    if (result.kind === "reply") await result.reply.body?.cancel();
    await world.sleep(delayMs, signal);
  }
}

async function settle<R extends Reply>(send: () => Promise<R>): Promise<Attempt<R>> {
  try {
    return { kind: "reply", reply: await send() };
  } catch (error) {
    if (error instanceof CulvertError) return { kind: "error", error };
    throw error;
  }
}

function unwrap<R extends Reply>(attempt: Attempt<R>): R {
  if (attempt.kind === "error") throw attempt.error;
  return attempt.reply;
}

/**
 * Returns whether another attempt may succeed: after a status of 5xx except 501 and 511, after 408, and after
 * network failures that are not caused by the configuration. A rejected certificate or a refusal of a proxy is permanent.
 */
export function isTransient(attempt: Attempt): boolean {
  if (attempt.kind === "reply") {
    const { status } = attempt.reply;
    return status === 408 || (status >= 500 && status !== 501 && status !== 511);
  }
  const { code, details } = attempt.error;
  switch (code) {
    case "dns":
    case "connect":
    case "connect_timeout":
    case "reset":
    case "header_timeout":
      return true;
    case "proxy_refused": {
      // With 5xx the proxy reports a failure between it and the target, which may be temporary.
      const status = details["proxy_status"];
      return typeof status === "number" && status >= 500 && status !== 511;
    }
    default:
      return false;
  }
}

/**
 * Returns the delay before a retry, ms: 200 ms, doubled each time, with a jitter of 10 %, at most 30 s. Base, factor and
 * jitter are those of the codex client (0.171.0); the upper limit is not.
 *
 * @param retry 1-based number of the retry
 * @param random a random number in [0, 1)
 */
export function backoffMs(retry: number, random: number): number {
  return Math.min(CAP_MS, BASE_MS * 2 ** (retry - 1) * (0.9 + 0.2 * random));
}

/**
 * Returns the delay that the server requests: `Retry-After-Ms`, else `Retry-After` in seconds or as a date
 * (RFC 9110 §10.2.3).
 *
 * @param now wall clock, ms since 1970
 * @returns ms from now, at least 0; `undefined` if there is no such header or it cannot be parsed
 */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const exact = headers.get("retry-after-ms")?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(exact)) return finite(Number(exact));
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(value)) return finite(Number(value) * 1000);
  if (!/[A-Za-z]{3}/.test(value)) return undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function finite(ms: number): number | undefined {
  return Number.isFinite(ms) ? ms : undefined;
}
