/**
 * Which request follows a redirect. The rules are those of RFC 9110 §15.4 and WHATWG fetch §4.4, as the codex
 * client follows them.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { HttpRequest } from "./dialer.ts";

/** How many redirects are followed in a row. */
export const REDIRECT_LIMIT = 10;

const FOLLOWED = new Set([301, 302, 303, 307, 308]);
const ABOUT_THE_BODY = new Set(["content-type", "content-length", "content-encoding", "transfer-encoding"]);

/** Never taken to another origin: credentials by name, and whatever looks like one by its name. */
const SECRET_HEADERS =
  /^(authorization|cookie2?|proxy-authorization|www-authenticate|chatgpt-account-id|openai-organization|openai-project|.*(api-?key|token|secret|password|credential|signature|assertion|attestation|auth).*)$/;

/**
 * The request that a reply leads to.
 *
 * @param request the one that was answered
 * @param status its answer
 * @param location the `Location` header, if there was one
 * @returns nothing where the reply is to be handed on as it is: no redirect, or one that leads nowhere
 * @throws CulvertError `redirect` when the target is neither `http` nor `https`, or would leave TLS (the codex
 *   client follows the latter)
 */
export function followUp(
  request: HttpRequest,
  status: number,
  location: string | null,
): HttpRequest | undefined {
  if (!FOLLOWED.has(status) || location === null || !URL.canParse(location, request.url)) return undefined;
  const url = new URL(location, request.url);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new CulvertError(
      "redirect",
      `${request.url.origin} redirects to an address of scheme "${url.protocol.slice(0, -1)}", ` +
        "which cannot be followed",
      { details: { host: request.url.host, status, scheme: url.protocol.slice(0, -1) } },
    );
  }
  if (request.url.protocol === "https:" && url.protocol === "http:") {
    throw new CulvertError(
      "redirect",
      `${request.url.origin} redirects to ${url.origin}, out of TLS: not followed`,
      {
        hint: "What is sent to a model does not belong on the wire in clear. Check the base URL.",
        details: { host: request.url.host, status, target: url.origin },
      },
    );
  }
  // RFC 9110 §10.2.2: a target without a fragment inherits it. User information is never taken from a reply.
  if (url.hash === "") url.hash = request.url.hash;
  url.username = "";
  url.password = "";

  const toGet = (status === 303 && request.method !== "GET") ||
    ((status === 301 || status === 302) && request.method === "POST");
  const foreign = url.origin !== request.url.origin;
  const secret = new Set(request.secretHeaders?.map((name) => name.toLowerCase()));
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    const lower = name.toLowerCase();
    // The next route has its own proxy, and gets its credentials from there.
    if (lower === "proxy-authorization" || lower === "host") continue;
    if (toGet && ABOUT_THE_BODY.has(lower)) continue;
    if (foreign && (secret.has(lower) || SECRET_HEADERS.test(lower))) continue;
    headers[name] = value;
  }
  const { body, ...rest } = request;
  if (!toGet && body instanceof ReadableStream) {
    throw new CulvertError(
      "redirect",
      `${request.url.origin} redirects a request whose body is a stream, which cannot be sent twice`,
      {
        hint: "Use the address that it redirects to as the base URL.",
        details: { host: request.url.host, status, target: url.origin },
      },
    );
  }
  return {
    ...rest,
    url,
    headers,
    method: toGet ? "GET" : request.method,
    ...(toGet || body === undefined ? {} : { body }),
  };
}
