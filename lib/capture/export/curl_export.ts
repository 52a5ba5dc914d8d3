/**
 * Writes one exchange as a command line of curl.
 *
 * @module
 */
import type { RequestRecord } from "../record/format.ts";
import { MASK_PATTERN } from "../record/capture_redaction.ts";
import { member, parsed } from "../record/decode/event_facts.ts";
import { type Exchange, type LoadedCapture, requestBody } from "../record/read/exchanges.ts";
import { turnsOfExchange } from "../record/read/turns.ts";

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
  if (exchange.open !== undefined) return socketCommands(exchange, capture);
  const body = requestBody(exchange);
  const text = capture.text(body);
  const isText = text !== undefined && body?.encoding === "utf8";
  const { url, method, headers } = request;
  const { command, notes } = commandOf({ url, method, headers, ...(isText ? { body: text } : {}) });
  const lines = [
    `# ${exchange.id}: ${method} ${url}`.replace(/\p{Cc}/gu, ""),
    ...notes,
    ...(body === undefined || isText ? [] : ["# The body is not text or was not recorded."]),
  ];
  return `${lines.join("\n")}\n${command}\n`;
}

/** A request to write as a command. */
interface CurlRequest extends Pick<RequestRecord, "url" | "method" | "headers"> {
  readonly body?: string;
}

/** Returns the command that sends a request, and the comments that name its variables. */
function commandOf(
  { url, method, headers, body }: CurlRequest,
): { readonly command: string; readonly notes: readonly string[] } {
  const variables = new Map<string, string>();
  // Without --globoff curl takes brackets and braces of the address for ranges and lists.
  const words = [
    `curl -N --globoff ${quoted(url, "URL", variables)}`,
    `-X ${/^[A-Z]+$/.test(method) ? method : quoted(method, "METHOD", variables)}`,
  ];
  for (const [name, value] of headers) {
    if (LEFT_OUT.has(name.toLowerCase())) continue;
    // A field without a value ends with a semicolon: `-H 'name:'` removes it.
    const field = value === "" ? `${name};` : `${name}: ${value}`;
    words.push(`-H ${quoted(field, name, variables)}`);
  }
  // Not --data-binary, which sends a file where the body begins with `@`.
  if (body !== undefined) words.push(`--data-raw ${quoted(body, "BODY", variables)}`);
  return {
    command: words.join(" \\\n  "),
    notes: [...variables.values()].map((name) => `# Set ${name}: its value was redacted.`),
  };
}

/** Header fields of a handshake, which an HTTP request does not have. */
const HANDSHAKE = /^(?:upgrade|sec-websocket-.*)$/i;
/** The protocol of the websocket, as the codex client asks for it in `openai-beta`. */
const SOCKET_BETA = /^responses_websockets/i;

/** Returns a command for each model call of a websocket: curl sends no messages, so it sends the request by HTTP. */
function socketCommands(exchange: Exchange, capture: LoadedCapture): string {
  const { request } = exchange;
  if (request === undefined) return "";
  const headers = request.headers.filter(([name, value]) =>
    !HANDSHAKE.test(name) && !(name.toLowerCase() === "openai-beta" && SOCKET_BETA.test(value))
  );
  const isTyped = headers.some(([name]) => name.toLowerCase() === "content-type");
  const requests = turnsOfExchange(exchange, capture.text).map((turn) => capture.text(turn.request));
  const head = `# ${exchange.id}: websocket ${request.url.replace(/\p{Cc}/gu, "")}\n`;
  if (requests.length === 0) {
    return `${head}# curl cannot send websocket messages, and this websocket has no response.create that HTTP could send.\n`;
  }
  return head + requests.map((text, index) => {
    const number = `# Model call ${index + 1} of ${requests.length}`;
    const body = text === undefined ? undefined : bodyOfMessage(text);
    if (body === undefined) return `${number}: its request is not in the capture or is not JSON.\n`;
    const { command, notes } = commandOf({
      url: request.url.replace(/^ws/i, "http"),
      method: "POST",
      headers: isTyped ? headers : [["content-type", "application/json"], ...headers],
      body: body.text,
    });
    return [
      `${number}, as the HTTP request with the same content.`,
      ...(body.continues ? ["# It continues an earlier response, which the server must have stored."] : []),
      ...notes,
      `${command}\n`,
    ].join("\n");
  }).join("\n");
}

/** Returns the body of the HTTP request that asks the same as a `response.create` message. */
function bodyOfMessage(message: string): { readonly text: string; readonly continues: boolean } | undefined {
  const value = parsed(message);
  if (typeof value !== "object" || value === null) return undefined;
  const members = Object.entries(value).filter(([name]) => name !== "type");
  return {
    text: JSON.stringify({ ...Object.fromEntries(members), stream: true }),
    continues: typeof member(value, "previous_response_id") === "string",
  };
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
