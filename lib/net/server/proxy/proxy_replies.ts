/**
 * The answers of a forward proxy itself.
 *
 * @module
 */
import { basicCredentials } from "../../user_info.ts";
import type { OwnReply } from "../forward/forwarding.ts";
import { type Origin, urlOf } from "../forward/upstream.ts";

/** Asks for Basic authentication. */
export const CHALLENGE = ["Proxy-Authenticate", 'Basic realm="Corporate proxy"'] as const;

/** The answer to a client that is not authorized. */
export const UNAUTHORIZED: OwnReply = {
  status: 407,
  contentType: "text/plain",
  body: "The proxy requires a user name and a password\n",
};

/** The answer to what is no request for a proxy. */
export const NOT_A_PROXY_REQUEST: OwnReply = {
  status: 400,
  contentType: "text/plain",
  body: "This is a proxy: ask it for an absolute http: URL, or use CONNECT\n",
};

/** Returns the answer for a host on the filter list. */
export function blockedReply(host: string): OwnReply {
  const name = host.replaceAll(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
  return {
    status: 403,
    contentType: "text/html",
    body: `<html><head><title>Blocked</title></head>` +
      `<body><h1>Access to ${name} is blocked</h1></body></html>\n`,
  };
}

/** Returns the answer for an origin that cannot be reached, or that broke off before it answered. */
export function unreachableReply(error: unknown, origin: Origin): OwnReply {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    status: 502,
    contentType: "text/plain",
    body: `The proxy has no response of ${urlOf(origin).host}: ${reason}\n`,
  };
}

/** Whether a client presents the user name and the password. */
export function isAuthorized(
  given: string | undefined,
  credentials: { readonly username: string; readonly password: string } | undefined,
): boolean {
  if (credentials === undefined) return true;
  return given === basicCredentials(credentials.username, credentials.password);
}
