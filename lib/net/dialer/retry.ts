/**
 * Retries of a single request. `p-retry` would be the usual library; it takes its clock and its chance from the
 * globals and knows no `Retry-After`, so what would be left of it is the loop.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";
import type { HttpReply } from "./dialer.ts";

const BASE_MS = 200;
const CAP_MS = 30_000;
/** A server may ask for a longer pause than ours, but not for one that looks like a hang. */
const SERVER_CAP_MS = 120_000;

/** What an attempt came to, when it came to nothing good. */
export type Attempt =
  | { readonly kind: "reply"; readonly reply: HttpReply }
  | { readonly kind: "error"; readonly error: CulvertError };

/** One retry about to happen. */
export interface RetryNotice {
  /** 1-based number of the retry. */
  readonly retry: number;
  readonly maxRetries: number;
  readonly delayMs: number;
  /** Whether the server named the delay. */
  readonly fromServer: boolean;
  /** `http 503`, or the code of the error. */
  readonly because: string;
}

/** How to retry. */
export interface RetryOptions {
  /** Retries after the first attempt; 0 for none. */
  readonly maxRetries: number;
  readonly world: World;
  readonly signal?: AbortSignal;
  /** Told before each pause. */
  readonly onRetry?: (notice: RetryNotice) => void;
  /** Default {@link isTransient}. To look into a reply's body, do so in `send`. */
  readonly shouldRetry?: (attempt: Attempt) => boolean | Promise<boolean>;
}

/**
 * Makes a request until it is answered well, is refused for good, or the budget is spent. A reply that is not
 * retried is returned whatever its status; the body of one that is retried is cancelled.
 *
 * @param send makes one attempt; gets its 0-based number
 * @throws CulvertError of the last attempt; the signal's reason when aborted
 */
export async function withRetries(
  send: (attempt: number) => Promise<HttpReply>,
  options: RetryOptions,
): Promise<HttpReply> {
  const { world, maxRetries, signal } = options;
  const shouldRetry = options.shouldRetry ?? isTransient;
  for (let attempt = 0;; attempt++) {
    const result = await settle(() => send(attempt));
    if (result.kind === "reply" && result.reply.status < 400) return result.reply;
    if (attempt >= maxRetries || signal?.aborted === true || !await shouldRetry(result)) {
      return unwrap(result);
    }
    const asked = result.kind === "reply" ? retryAfterMs(result.reply.headers, world.now()) : undefined;
    if (asked !== undefined && asked > SERVER_CAP_MS) return unwrap(result);
    const delayMs = asked ?? backoffMs(attempt + 1, world.random());
    options.onRetry?.({
      retry: attempt + 1,
      maxRetries,
      delayMs,
      fromServer: asked !== undefined,
      because: result.kind === "reply" ? `http ${result.reply.status}` : result.error.code,
    });
    if (result.kind === "reply") await result.reply.body?.cancel();
    await world.sleep(delayMs, signal);
  }
}

async function settle(send: () => Promise<HttpReply>): Promise<Attempt> {
  try {
    return { kind: "reply", reply: await send() };
  } catch (error) {
    if (error instanceof CulvertError) return { kind: "error", error };
    throw error;
  }
}

function unwrap(attempt: Attempt): HttpReply {
  if (attempt.kind === "error") throw attempt.error;
  return attempt.reply;
}

/**
 * Whether another attempt may succeed: 5xx (501 aside), 408, and failures of the network that are not those of
 * configuration. Certificates, credentials of a proxy and its refusals stay what they are.
 */
export function isTransient(attempt: Attempt): boolean {
  if (attempt.kind === "reply") {
    const { status } = attempt.reply;
    return status === 408 || (status >= 500 && status !== 501);
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
      // A gateway status is the proxy's word about the target's end, and may pass.
      const status = details["proxy_status"];
      return typeof status === "number" && status >= 500;
    }
    default:
      return false;
  }
}

/**
 * The pause before a retry: 200 ms, doubled each time, ±10 %, at most 30 s. Base, factor and jitter are the
 * codex client's (0.169.0); the cap is ours.
 *
 * @param retry 1-based
 * @param random uniform in [0, 1)
 */
export function backoffMs(retry: number, random: number): number {
  return Math.min(CAP_MS, BASE_MS * 2 ** (retry - 1) * (0.9 + 0.2 * random));
}

/**
 * What the server asks for: `Retry-After-Ms`, else `Retry-After` in seconds or as a date (RFC 9110 §10.2.3).
 *
 * @param now wall clock, ms
 * @returns ms from now, at least 0; nothing where no header, or no sense in it
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
