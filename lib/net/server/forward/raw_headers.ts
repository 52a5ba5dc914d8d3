/**
 * Header fields as `node:http` gives them in `rawHeaders`: names and values in turn, in the order and letter case
 * of the wire, with repeated fields apart.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** Splits raw headers into pairs of name and value. */
export function headerPairs(rawHeaders: readonly string[]): [name: string, value: string][] {
  const found: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    found.push([rawHeaders[at] ?? "", rawHeaders[at + 1] ?? ""]);
  }
  return found;
}

/** Returns the values of a field, joined by commas (RFC 9110 §5.3); `undefined` where the field is absent. */
export function headerValueOf(rawHeaders: readonly string[], name: string): string | undefined {
  const values = headerPairs(rawHeaders).filter(([given]) => given.toLowerCase() === name);
  return values.length === 0 ? undefined : values.map(([, value]) => value).join(", ");
}

/** Fields that concern one connection only (RFC 9110 §7.6.1), beside those that `Connection` names. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Removes the hop-by-hop fields: the known ones and those that `Connection` names. `Host` always stays, since a
 * request without it is invalid. `Trailer` stays too: trailers are forwarded, so their announcement remains true.
 */
export function endToEndHeaders(rawHeaders: readonly string[]): string[] {
  const named = new Set(connectionOptions(rawHeaders).filter((name) => name !== "host"));
  return filterHeaders(rawHeaders, (name) => !HOP_BY_HOP.has(name) && !named.has(name));
}

/**
 * Prepares the fields of an upgrade request for the next hop: hop-by-hop fields go, `Connection` and `Upgrade` stay
 * where they stood.
 */
export function upgradeHeaders(rawHeaders: readonly string[]): string[] {
  const named = new Set(
    connectionOptions(rawHeaders).filter((name) => name !== "host" && name !== "upgrade"),
  );
  return headerPairs(rawHeaders).flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    if (lower === "connection") return [name, "Upgrade"];
    if (lower === "upgrade") return [name, value];
    return HOP_BY_HOP.has(lower) || named.has(lower) ? [] : [name, value];
  });
}

/**
 * Replaces fields: each keeps the place and the letter case of the first field of that name; the others of that
 * name go, and names that were absent come last.
 *
 * @param replacements by name in lower case
 */
export function replaceHeaders(
  rawHeaders: readonly string[],
  replacements: Readonly<Record<string, string>>,
): string[] {
  const left = new Map(Object.entries(replacements).map(([name, value]) => [name.toLowerCase(), value]));
  const replaced = new Set(left.keys());
  const kept = headerPairs(rawHeaders).flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    if (!replaced.has(lower)) return [name, value];
    const replacement = left.get(lower);
    left.delete(lower);
    return replacement === undefined ? [] : [name, replacement];
  });
  return [...kept, ...[...left].flat()];
}

/** Removes fields by their names in lower case. */
export function withoutHeaders(rawHeaders: readonly string[], names: ReadonlySet<string>): string[] {
  return filterHeaders(rawHeaders, (name) => !names.has(name));
}

/**
 * Returns the fields that `keeps` accepts. A loop, since every request and response passes here.
 *
 * @param keeps receives the name of a field in lower case
 */
function filterHeaders(rawHeaders: readonly string[], keeps: (name: string) => boolean): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (keeps(name.toLowerCase())) kept.push(name, rawHeaders[at + 1] ?? "");
  }
  return kept;
}

function connectionOptions(rawHeaders: readonly string[]): readonly string[] {
  return (headerValueOf(rawHeaders, "connection") ?? "").split(",").map((option) =>
    option.trim().toLowerCase()
  );
}

/** Encodes a status line and header fields. `node:http` reads both as Latin-1. */
export function headText(status: number, reason: string, rawHeaders: readonly string[]): Uint8Array {
  const lines = headerPairs(rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
  const text = `HTTP/1.1 ${status} ${reason}\r\n${lines.join("")}\r\n`;
  return Buffer.from(text, "latin1");
}
