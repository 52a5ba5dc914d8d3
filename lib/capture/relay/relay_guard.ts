/**
 * Who may use a server on loopback. Every web page that a browser shows, and every other user of the machine, can
 * connect to it.
 *
 * @module
 */
import { headerPairs, headerValueOf } from "../../net/server/forward/raw_headers.ts";
import type { RelayRequest } from "../../net/server/relay_server.ts";
import { sha256Hex } from "../../text/sha256.ts";
import { RelayRefusal } from "./relay_error.ts";

/**
 * Refuses requests of web pages. A page of another site sends `Origin`, or reaches the server by a name of its own
 * that it has pointed at 127.0.0.1 (DNS rebinding), which `Host` then shows.
 *
 * @param port where the server listens
 * @throws RelayRefusal 403 or 421
 */
export function refuseWebPages({ rawHeaders }: RelayRequest, port: number): void {
  const hosts = headerPairs(rawHeaders).filter(([name]) => name.toLowerCase() === "host");
  const host = hosts[0]?.[1].trim().toLowerCase();
  const own = ["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${port}`);
  if (hosts.length !== 1 || host === undefined || !own.includes(host)) {
    throw new RelayRefusal(
      421,
      "wrong_host",
      `This server accepts only requests to http://127.0.0.1:${port}`,
    );
  }
  const origin = headerValueOf(rawHeaders, "origin");
  if (origin !== undefined && !own.some((name) => origin.toLowerCase() === `http://${name}`)) {
    throw new RelayRefusal(403, "web_page", "Requests of web pages are refused");
  }
  const site = headerValueOf(rawHeaders, "sec-fetch-site");
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    throw new RelayRefusal(403, "web_page", "Requests of web pages are refused");
  }
}

/** Returns a random token of 256 bits, in URL-safe characters. */
export function randomToken(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Tells whether a request carries a token as its bearer. */
export async function carriesToken(rawHeaders: readonly string[], token: string): Promise<boolean> {
  const given = headerValueOf(rawHeaders, "authorization") ?? "";
  const value = /^Bearer +(\S+)$/i.exec(given)?.[1];
  // Hashes have one length, and their comparison tells nothing about the token, however long it takes.
  const [one, other] = await Promise.all([sha256Hex(value ?? ""), sha256Hex(token)]);
  return value !== undefined && one === other;
}
