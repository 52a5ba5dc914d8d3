/**
 * Reads the authentication schemes that a proxy requests, and makes the reason that the user reads.
 *
 * @module
 */
import type { ProxyEndpoint } from "../route/route.ts";

/**
 * Returns the schemes of a `Proxy-Authenticate` header, without their parameters (RFC 9110 §11.6.1).
 */
export function challengesOf(header: string | null): readonly string[] {
  if (header === null) return [];
  const schemes = header.replace(/"(?:[^"\\]|\\.)*"/g, '""').split(",")
    .map((part) => /^\s*([A-Za-z][A-Za-z0-9-]*)(?=\s|$)(?!\s*=)/.exec(part)?.[1] ?? "")
    .filter((scheme) => scheme !== "");
  return [...new Set(schemes)];
}

/**
 * Returns the reason of a `proxy_auth` fault, as a clause.
 *
 * @param status the HTTP status, or `SOCKS`
 * @param proxy whose credentials were presented; `undefined` if the proxy is not known
 * @param challenges the schemes that the proxy requested, if known
 */
export function proxyAuthReason(
  status: number | "SOCKS",
  proxy: Pick<ProxyEndpoint, "username"> | undefined,
  challenges: readonly string[] = [],
): string {
  const name = status === "SOCKS" ? "the SOCKS proxy" : "the proxy";
  const suffix = status === "SOCKS" ? "" : ` (${status})`;
  // The user name and password in its address were not used then.
  if (lacksBasic(challenges)) return `${name} requires a login by ${challenges.join(" or ")}${suffix}`;
  return proxy?.username === undefined
    ? `${name} requires a user name and password${suffix}`
    : `${name} rejected the user name or password${suffix}`;
}

/** Returns whether a proxy requests only schemes other than Basic, which is the only one that is supported. */
export function lacksBasic(challenges: readonly string[]): boolean {
  return challenges.length > 0 && !challenges.some((scheme) => scheme.toLowerCase() === "basic");
}
