/**
 * Determines the request that follows a redirect. The rules are those of RFC 9110 §15.4 and WHATWG fetch
 * §4.4, except for redirects to another origin: only harmless headers are sent there, and never the body.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { HttpRequest } from "./dialer.ts";

/** The maximum number of consecutive redirects. */
export const REDIRECT_LIMIT = 10;

const FOLLOWED = new Set([301, 302, 303, 307, 308]);
const ABOUT_THE_BODY = new Set(["content-type", "content-length", "content-encoding", "transfer-encoding"]);

/** The headers that are sent to another origin. Any other header may contain a credential. */
const HARMLESS_HEADERS = new Set(["accept", "accept-encoding", "accept-language", "user-agent"]);

/**
 * Returns the request that follows a reply.
 *
 * @param request the request that was answered
 * @param status the status of its answer
 * @param location the `Location` header, if there was one
 * @returns `undefined` if the reply is final: it is no redirect, has no usable target, or must not be
 * followed
 * @throws CulvertError `redirect` if the target is neither `http` nor `https`, would leave TLS (the codex
 * client follows such a redirect), would send the body to another origin, or would send a stream twice
 */
export function followUp(
  request: HttpRequest,
  status: number,
  location: string | null,
): HttpRequest | undefined {
  if (request.redirect === "error") return refuseRedirect(request.url, status, location);
  if (request.redirect === "manual" || !FOLLOWED.has(status)) return undefined;
  const url = location === null ? null : URL.parse(location, request.url);
  if (url === null) return undefined;
  const toGet = (status === 303 && request.method !== "GET") ||
    ((status === 301 || status === 302) && request.method === "POST");
  const keepsBody = !toGet && request.body !== undefined;
  const isForeign = url.origin !== request.url.origin;
  refuseUnsafe(request, status, url, keepsBody);

  // RFC 9110 §10.2.2: a target without a fragment inherits it. User information is never taken from a reply.
  if (url.hash === "") url.hash = request.url.hash;
  url.username = "";
  url.password = "";
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    const lower = name.toLowerCase();
    // The next route may have another proxy with other credentials.
    if (lower === "proxy-authorization" || lower === "host") continue;
    if (toGet && ABOUT_THE_BODY.has(lower)) continue;
    if (isForeign && !HARMLESS_HEADERS.has(lower)) continue;
    headers[name] = value;
  }
  const { body, ...rest } = request;
  return {
    ...rest,
    url,
    headers,
    method: toGet ? "GET" : request.method,
    ...(keepsBody && body !== undefined ? { body } : {}),
  };
}

/** Refuses every reply of status 3xx that names a target; requests with tokens are sent to no other address. */
function refuseRedirect(url: URL, status: number, location: string | null): undefined {
  if (status < 300 || status >= 400 || location === null) return undefined;
  const target = URL.parse(location, url)?.origin ?? "an invalid address";
  const message = `${url.host} redirects the request to ${target}, which was not followed`;
  throw new CulvertError("redirect", message, {
    hint:
      "Requests with tokens are never redirected. A proxy or a sign-in page of the network may have answered " +
      "instead of the server; see: culvert doctor",
    details: { host: url.host, status, target },
  });
}

function refuseUnsafe(request: HttpRequest, status: number, target: URL, keepsBody: boolean): void {
  const { origin, host, protocol } = request.url;
  const refuse = (what: string, hint: string): never => {
    throw new CulvertError("redirect", `${origin} redirects ${what}`, {
      hint,
      details: { host, status, target: target.origin },
    });
  };
  if (target.protocol !== "http:" && target.protocol !== "https:") {
    throw new CulvertError(
      "redirect",
      `${origin} redirects to an address of scheme "${
        target.protocol.slice(0, -1)
      }", which cannot be followed`,
      { details: { host, status, scheme: target.protocol.slice(0, -1) } },
    );
  }
  if (protocol === "https:" && target.protocol === "http:") {
    refuse(
      `to ${target.origin}, which has no TLS: not followed`,
      "A request to a model is not sent without TLS. Check the base URL.",
    );
  }
  if (keepsBody && target.origin !== origin) {
    refuse(
      `to ${target.origin}, which would send the request body to another origin: not followed`,
      `If ${target.origin} is the right server, use it in the base URL.`,
    );
  }
  if (keepsBody && request.body instanceof ReadableStream) {
    refuse(
      "a request whose body is a stream, which cannot be sent twice",
      "Use the address that it redirects to as the base URL.",
    );
  }
}
