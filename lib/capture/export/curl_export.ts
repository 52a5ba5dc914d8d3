/**
 * Writes one exchange as a command line of curl.
 *
 * @module
 */
import { MASK_PATTERN } from "../record/capture_redaction.ts";
import { type Exchange, type LoadedCapture, requestBody } from "../record/read/exchanges.ts";

/** Header fields that curl or the connection sets. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "connection",
  "transfer-encoding",
  "content-encoding",
  "accept-encoding",
  "expect",
]);

/**
 * Returns the command that repeats a request, for a POSIX shell. Redacted credentials become variables, whose names the
 * comment above the command lists.
 */
export function curlOf(exchange: Exchange, capture: LoadedCapture): string {
  const { request } = exchange;
  if (request === undefined) return "";
  const variables = new Map<string, string>();
  // Without --globoff curl takes brackets and braces of the address for ranges and lists.
  const words = [
    `curl -N --globoff ${quoted(request.url, "URL", variables)}`,
    `-X ${/^[A-Z]+$/.test(request.method) ? request.method : quoted(request.method, "METHOD", variables)}`,
  ];
  for (const [name, value] of request.headers) {
    if (LEFT_OUT.has(name.toLowerCase())) continue;
    // A field without a value ends with a semicolon: `-H 'name:'` removes it.
    const field = value === "" ? `${name};` : `${name}: ${value}`;
    words.push(`-H ${quoted(field, name, variables)}`);
  }
  const body = requestBody(exchange);
  const text = capture.text(body);
  if (text !== undefined && body?.encoding === "utf8") {
    // Not --data-binary, which sends a file where the body begins with `@`.
    words.push(`--data-raw ${quoted(text, "BODY", variables)}`);
  }
  if (exchange.open !== undefined) words.push("--http1.1", "--include");
  const notes = [
    `# ${exchange.id}: ${request.method} ${request.url}`.replace(/\p{Cc}/gu, ""),
    ...[...variables.values()].map((name) => `# Set ${name}: its value was redacted.`),
    ...(body !== undefined && (text === undefined || body.encoding === "base64")
      ? ["# The body is not text or was left out."]
      : []),
  ];
  return `${notes.join("\n")}\n${words.join(" \\\n  ")}\n`;
}

/** Quotes a text for a POSIX shell; masks become variables. */
function quoted(text: string, place: string, variables: Map<string, string>): string {
  const masks = text.match(MASK_PATTERN) ?? [];
  for (const mask of masks) {
    if (variables.has(mask)) continue;
    const base = /authorization/i.test(place) ? "TOKEN" : place.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
    const taken = new Set(variables.values());
    let name = base;
    for (let n = 2; taken.has(name); n++) name = `${base}_${n}`;
    variables.set(mask, name);
  }
  const pieces = text.split(MASK_PATTERN).map((piece) => `'${piece.replaceAll("'", `'\\''`)}'`);
  return pieces.map((piece, index) =>
    index === 0 ? piece : `"$${variables.get(masks[index - 1] ?? "")}"${piece}`
  )
    .join("").replace(/^''(?=")|(?<=")''$/g, "");
}
