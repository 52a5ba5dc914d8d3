/**
 * One request to the authority, bounded in time and size. Redirects are never followed, since the requests carry
 * tokens.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Dialer, HttpReply, HttpRequest } from "../../net/dialer/dialer.ts";
import { isObject, type JsonObject, jsonObject } from "../json.ts";

/** Default limit of an exchange, ms. */
const EXCHANGE_LIMIT_MS = 30_000;
/** Limit for the connection, ms. */
const CONNECT_LIMIT_MS = 10_000;
/** Largest reply that is read, bytes. The authority's have a few KiB. */
const MAX_BODY_BYTES = 256 * 1024;

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
  dialer: Dialer,
  request: HttpRequest,
  limitMs: number = EXCHANGE_LIMIT_MS,
): Promise<AuthReply> {
  const { host, pathname } = request.url;
  const limit = new AbortController();
  const message = `No complete answer from ${host}${pathname} within ${limitMs / 1000} s`;
  const timer = setTimeout(() => limit.abort(new CulvertError("header_timeout", message)), limitMs);
  const signal = request.signal === undefined
    ? limit.signal
    : AbortSignal.any([limit.signal, request.signal]);
  try {
    const reply = await dialer.request({
      connectTimeoutMs: CONNECT_LIMIT_MS,
      ...request,
      redirect: "manual",
      signal,
    });
    const text = await readText(reply.body, signal);
    const location = reply.headers.get("location");
    if (reply.status >= 300 && reply.status < 400 && location !== null) {
      throw redirected(request.url, reply.status, location);
    }
    return { status: reply.status, headers: reply.headers, text };
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Returns body and headers of a JSON request. */
export function jsonBody(value: JsonObject): Pick<HttpRequest, "headers" | "body"> {
  return {
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(value),
  };
}

/** Returns the error code in a reply: `error.code`, else `error`, else `code`; lower case. */
export function errorCodeOf(text: string): string | undefined {
  const body = jsonObject(text);
  const error = body?.["error"];
  const code = (isObject(error) ? error["code"] : error) ?? body?.["code"];
  // A longer text is a message, which may quote what was sent.
  return typeof code === "string" && /^[\w.-]{1,80}$/.test(code) ? code.toLowerCase() : undefined;
}

function redirected(url: URL, status: number, location: string): CulvertError {
  const target = URL.parse(location, url)?.origin ?? "an invalid address";
  return new CulvertError(
    "redirect",
    `${url.host} redirects the request to ${target}, which was not followed`,
    {
      hint:
        "Requests with tokens are never redirected. A proxy or a sign-in page of the network may have answered " +
        "instead of the authority; see: culvert doctor",
      details: { host: url.host, status, target },
    },
  );
}

async function readText(body: HttpReply["body"], signal: AbortSignal): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let total = 0;
  const cancel = () => void body.cancel(signal.reason).catch(() => {/* the reason is thrown below */});
  signal.addEventListener("abort", cancel, { once: true });
  try {
    while (total <= MAX_BODY_BYTES) {
      const bytes = await body.read();
      // A cancelled body ends like a complete one.
      if (bytes === undefined && signal.aborted) throw signal.reason;
      if (bytes === undefined) return text + decoder.decode();
      total += bytes.byteLength;
      text += decoder.decode(bytes, { stream: true });
    }
    await body.cancel();
    return text;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
