/**
 * Writes a capture as a flow file of mitmproxy, which `mitmproxy`, `mitmweb` and `mitmdump` open with `-r`. The format
 * has number 17, that of mitmproxy 8.1; later releases convert it when they read it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { isSecure, targetOf } from "../../../net/target.ts";
import { decodedBase64 } from "../../../text/decode_base64.ts";
import type { HeaderPair, StoredBody } from "../../record/format.ts";
import { type Exchange, type LoadedCapture, requestBody } from "../../record/read/exchanges.ts";
import { headerValue } from "../har_export.ts";
import { streamBytes } from "../stream_text.ts";
import { tnetstring, type TnetValue } from "./tnetstring.ts";

const FLOW_FORMAT = 17;

type Bytes = Uint8Array<ArrayBuffer>;

/** The fields of a flow, or of an object in it. */
type Fields = Readonly<Record<string, TnetValue>>;

/**
 * Returns the flows of a capture, encoded, in the order in which their requests began.
 *
 * @param capture what to write; a body that the capture does not contain is written as missing, which mitmproxy shows
 */
export function* flowsOf(capture: LoadedCapture): Generator<Bytes> {
  const sorted = capture.exchanges.toSorted((one, other) =>
    (one.request?.t_ms ?? 0) - (other.request?.t_ms ?? 0)
  );
  for (const exchange of sorted) {
    const flow = flowOf(exchange, capture);
    if (flow !== undefined) yield tnetstring(flow);
  }
}

function flowOf(exchange: Exchange, capture: LoadedCapture): Fields | undefined {
  const { request, errors, end } = exchange;
  const url = request === undefined ? undefined : URL.parse(request.url);
  if (request === undefined || url === null || url === undefined) return undefined;
  const started = seconds(request.t_ms, capture);
  const failure = errors[0]?.error ?? end?.error;
  return {
    version: FLOW_FORMAT,
    type: "http",
    id: `${capture.meta.capture_id}-${exchange.id}`,
    comment: `culvert ${exchange.id}, channel ${exchange.channel}`,
    marked: "",
    metadata: {},
    intercepted: false,
    is_replay: null,
    timestamp_created: started,
    error: failure === undefined
      ? null
      : { msg: failure, timestamp: seconds((errors[0] ?? end ?? request).t_ms, capture) },
    client_conn: clientConnection(`${capture.meta.capture_id}-c${request.connection}`, started),
    server_conn: serverConnection(`${capture.meta.capture_id}-${exchange.id}-s`, url, started),
    request: requestOf(exchange, url, capture),
    response: responseOf(exchange, capture),
    websocket: socketOf(exchange, capture),
  };
}

function requestOf(exchange: Exchange, url: URL, capture: LoadedCapture): Fields {
  const { request, end } = exchange;
  const content = contentOf(requestBody(exchange), capture) ?? null;
  const begun = request?.t_ms ?? 0;
  return {
    method: latin1(request?.method ?? ""),
    scheme: latin1(isSecure(url) ? "https" : "http"),
    host: url.hostname,
    port: targetOf(url).port,
    authority: latin1(""),
    path: latin1(/^[^:]+:\/\/[^/?#]*([^#]*)/.exec(request?.url ?? "")?.[1] || "/"),
    http_version: latin1("HTTP/1.1"),
    headers: headersOf(request?.headers ?? [], content),
    content,
    trailers: null,
    timestamp_start: seconds(begun, capture),
    timestamp_end: seconds(begun + Math.max(0, end?.timings.send ?? 0), capture),
  };
}

function responseOf(exchange: Exchange, capture: LoadedCapture): Fields | null {
  const { open, end, close, events } = exchange;
  const response = open ?? exchange.response;
  if (response === undefined) return null;
  const isStream = events.length > 0;
  const content = open !== undefined
    ? latin1("")
    : isStream
    ? streamBytes(exchange, capture.text)
    : contentOf(end?.body, capture) ?? null;
  const trailers = end?.trailers ?? [];
  return {
    status_code: response.status,
    reason: latin1(
      open !== undefined ? "Switching Protocols" : exchange.response?.status_text ?? "",
    ),
    http_version: latin1("HTTP/1.1"),
    headers: headersOf(response.headers, content),
    content,
    trailers: trailers.length === 0 ? null : trailers.map(encodedPair),
    timestamp_start: seconds(response.t_ms, capture),
    timestamp_end: seconds((end ?? close ?? response).t_ms, capture),
  };
}

function socketOf({ open, messages, close }: Exchange, capture: LoadedCapture): Fields | null {
  if (open === undefined) return null;
  const data = messages.filter(({ opcode }) => opcode === 1 || opcode === 2);
  return {
    messages: data.map((message) => [
      message.opcode,
      message.dir === "send",
      bytesOf(capture.text(message) ?? "", message.opcode === 1 ? "utf8" : "base64"),
      seconds(message.t_ms, capture),
      false,
      false,
    ]),
    closed_by_client: close === undefined ? null : close.by === "client",
    close_code: close?.code ?? null,
    close_reason: close?.reason ?? null,
    timestamp_end: close === undefined ? null : seconds(close.t_ms, capture),
  };
}

/** Returns a decoded body; `undefined` where it was left out, no bytes where the message had none. */
function contentOf(body: StoredBody | undefined, capture: LoadedCapture): Bytes | undefined {
  if (body === undefined) return latin1("");
  const text = capture.text(body);
  return text === undefined ? undefined : bytesOf(text, body.encoding);
}

/**
 * Encodes the header fields. mitmproxy expects a content as it was on the wire and decodes it as the fields say. The
 * content of a capture is decoded and redacted, so `Content-Encoding` is left out and `Content-Length` is corrected.
 */
function headersOf(headers: readonly HeaderPair[], content: Bytes | null): TnetValue {
  if (content === null || content.length === 0) return headers.map(encodedPair);
  const isEncoded = headerValue(headers, "content-encoding") !== undefined;
  return headers
    .filter(([name]) => !isEncoded || name.toLowerCase() !== "content-encoding")
    .map(([name, value]) =>
      encodedPair([name, name.toLowerCase() === "content-length" ? String(content.length) : value])
    );
}

function encodedPair([name, value]: HeaderPair): TnetValue {
  return [latin1(name), latin1(value)];
}

/** Describes the connection of the client. Its address is not in a capture, so that of loopback stands for it. */
function clientConnection(id: string, started: number): Fields {
  return {
    ...{ id, address: ["127.0.0.1", 0], sockname: ["127.0.0.1", 0], tls: false, tls_established: false },
    ...{ sni: null, mitmcert: null, tls_extensions: [], timestamp_start: started },
    ...unknownParts(),
  };
}

function serverConnection(id: string, url: URL, started: number): Fields {
  const tls = isSecure(url);
  return {
    ...{ id, address: [url.hostname, targetOf(url).port], ip_address: null, source_address: null },
    ...{ tls, tls_established: tls, sni: tls ? url.hostname : null, via: null, via2: null },
    ...{ timestamp_start: started, timestamp_tcp_setup: null },
    ...unknownParts(),
  };
}

function unknownParts(): Fields {
  return {
    ...{ alpn: null, alpn_offers: [], certificate_list: [], cipher_list: [], cipher_name: null },
    ...{ error: null, state: 0, timestamp_end: null, timestamp_tls_setup: null, tls_version: null },
  };
}

/** Returns a time in seconds since 1970. */
function seconds(t_ms: number, { meta }: LoadedCapture): number {
  return (meta.started_ms + t_ms) / 1_000;
}

function bytesOf(text: string, encoding: StoredBody["encoding"]): Bytes {
  return (encoding === "base64" ? decodedBase64(text) : undefined) ?? new TextEncoder().encode(text);
}

/** Header fields are octets (RFC 9110 §5.5); a capture has them as Latin-1. */
function latin1(text: string): Bytes {
  return new Uint8Array(Buffer.from(text, "latin1"));
}
