/**
 * Names the sender of a reply by its headers.
 *
 * @module
 */
import { removeControls } from "../../text/control_characters.ts";

/** Longest text that is shown, characters. */
const SHOWN = 120;

/** Headers in which servers, proxies and filters name themselves. */
const SENDER_HEADERS = ["server", "via", "x-squid-error", "x-cache", "cf-mitigated"] as const;

/**
 * Returns the headers that name the sender of a reply: `server: squid/5.7, via: 1.1 proxy`; empty if there
 * are none.
 */
export function senderOf(headers: Headers): string {
  const named = SENDER_HEADERS.flatMap((name) => {
    const value = headers.get(name);
    return value === null || value.trim() === "" ? [] : [`${name}: ${shownLine(value)}`];
  });
  return named.join(", ");
}

/** Returns text from outside as one line without control characters, truncated to 120 characters. */
export function shownLine(text: string): string {
  const line = removeControls(text, { replacement: " " }).replace(/\s+/g, " ").trim();
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
}
