/**
 * One small exchange with the authority: bounded in time and size, read to its end.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { jsonObject } from "../json.ts";
import type { Dialer, HttpReply, HttpRequest } from "../../net/dialer/dialer.ts";

/** Whole exchange, ms. Without it a firewall that swallows packets would hold every waiting process. */
export const AUTH_EXCHANGE_LIMIT_MS = 30_000;
/** Of these, for a connection, ms: an authority that cannot be reached should be known sooner. */
const CONNECT_LIMIT_MS = 10_000;
/** Replies of the authority have a few KiB; a block page may have more, and is of no use. */
const MAX_BODY_BYTES = 256 * 1024;

/** A reply, whole. */
export interface AuthReply {
  readonly status: number;
  readonly headers: Headers;
  /** May hold tokens: never logged. */
  readonly text: string;
}

/**
 * Makes one exchange.
 *
 * @param limitMs for everything, the body included
 * @throws CulvertError of the network and TLS codes; `connect_timeout` when no connection is made within 10 s;
 *   `header_timeout` when the limit passes; the reason of `request.signal` when that is aborted
 */
export async function exchange(
  dialer: Dialer,
  request: HttpRequest,
  limitMs: number = AUTH_EXCHANGE_LIMIT_MS,
): Promise<AuthReply> {
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(new CulvertError("header_timeout", timeoutText(request, limitMs))),
    limitMs,
  );
  const signal = request.signal === undefined
    ? limit.signal
    : AbortSignal.any([limit.signal, request.signal]);
  try {
    const reply = await dialer.request({ connectTimeoutMs: CONNECT_LIMIT_MS, ...request, signal });
    return { status: reply.status, headers: reply.headers, text: await readText(reply.body, signal) };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** A body of JSON with the type that goes with it. */
export function jsonBody(value: Readonly<Record<string, unknown>>): Pick<HttpRequest, "headers" | "body"> {
  return {
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(value),
  };
}

/** A form, fields in the order given. */
export function formBody(
  fields: readonly (readonly [string, string])[],
): Pick<HttpRequest, "headers" | "body"> {
  return {
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: new URLSearchParams(fields.map(([name, value]) => [name, value])).toString(),
  };
}

/** The error code in a reply of the authority: `error.code`, else `error`, else `code`; lower case. */
export function errorCodeOf(text: string): string | undefined {
  const body = jsonObject(text);
  const error = body?.["error"];
  const nested = typeof error === "object" && error !== null
    ? Object.getOwnPropertyDescriptor(error, "code")?.value
    : error;
  const code: unknown = nested ?? body?.["code"];
  // A code is a word; anything longer might be a message, which is not repeated.
  return typeof code === "string" && /^[\w.-]{1,80}$/.test(code) ? code.toLowerCase() : undefined;
}

function timeoutText(request: HttpRequest, limitMs: number): string {
  return `No complete answer from ${request.url.host}${request.url.pathname} within ${limitMs / 1000} s`;
}

async function readText(
  body: HttpReply["body"],
  signal: AbortSignal,
): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let total = 0;
  const stop = () => void body.cancel(signal.reason).catch(() => {/* the reason is thrown by the caller */});
  signal.addEventListener("abort", stop, { once: true });
  try {
    while (total <= MAX_BODY_BYTES) {
      const bytes = await body.read();
      // A body that was cancelled reports an end like any other; half an answer must not pass for a whole one.
      if (bytes === undefined && signal.aborted) throw signal.reason;
      if (bytes === undefined) return text + decoder.decode();
      total += bytes.byteLength;
      text += decoder.decode(bytes, { stream: true });
    }
    await body.cancel();
    return text;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
