/**
 * Detects refusals that are caused by the origin or the target of a request, and not by its content.
 *
 * @module
 */
import { isBackendMode, isMisrouted } from "../../auth/auth_headers.ts";
import type { AuthMode } from "../../auth/authenticator.ts";
import { errorInBody } from "./server_text.ts";

/** Error codes of the API for a country that it does not serve (API documentation, error codes). */
const REGION_CODES = new Set(["unsupported_country_region_territory", "unsupported_country"]);

/**
 * Length of the part of a body that is searched, characters. Pages of Cloudflare name the error in their
 * first lines.
 */
const MAX_LENGTH = 8_192;

/** Statuses of a geographic denial; 451 is defined in RFC 7725. */
const REGION_STATUSES = new Set([401, 403, 451]);

/**
 * Returns whether a refusal means that the service is not offered in the country of the request: by a code of
 * the API, by its message, or by Cloudflare's page for a banned country (error 1009).
 */
export function isRegionDenied(status: number, body: string): boolean {
  if (!REGION_STATUSES.has(status)) return false;
  // Only the start is searched: a server may send a body of any length, and the expressions below are not
  // linear.
  const start = body.slice(0, MAX_LENGTH);
  const { code, message, type } = errorInBody(body) ?? {};
  if (REGION_CODES.has(String(code)) || REGION_CODES.has(String(type))) return true;
  if (typeof message === "string" && isRegionMessage(message.slice(0, MAX_LENGTH))) return true;
  return /\berror(\s+code)?:?\s+1009\b/i.test(start) && /cloudflare/i.test(start);
}

function isRegionMessage(message: string): boolean {
  return /\bcountry, region,? or territory\b/i.test(message) && /\bnot supported\b/i.test(message);
}

/** The advice for a geographic denial. */
export const REGION_HINT =
  "The service checks the address of the last proxy or gateway on the route. Use a route through a country that it " +
  "supports: --proxy URL, or ask the administrator. `culvert doctor` shows the route.";

/**
 * Returns a sentence if a credential of one kind of server was sent to the other kind, which refuses it.
 *
 * @returns `undefined` if the two fit, or if the server is not known
 */
export function mismatchText(mode: AuthMode, url: URL): string | undefined {
  if (!isMisrouted(url, mode)) return undefined;
  return isBackendMode(mode)
    ? `a ChatGPT login does not work at ${url.host}; remove the base URL, or use an API key`
    : `an API key does not work at ${url.host}; remove the base URL, or run: culvert auth login`;
}
