/**
 * Writes a capture as HAR 1.2.
 *
 * @module
 */
import type { HeaderPair, SseRecord, StoredBody } from "../record/format.ts";
import { damageWarnings } from "../record/read/capture_damage.ts";
import { type Exchange, type LoadedCapture, requestBody } from "../record/read/exchanges.ts";
import { jsonPieces, lazyArray, type LazyJson, lazyText } from "./lazy_json.ts";
import { eventText } from "./stream_text.ts";

/** Options of {@link harOf}. */
export interface HarOptions {
  readonly toolVersion: string;
  /**
   * `mitmproxy`: websockets have `https:` URLs, because its URL parser gives `wss:` port 80. Default: `wss:`, as
   * Chrome writes.
   */
  readonly flavor?: "chrome" | "mitmproxy";
}

/**
 * Returns a capture as the text of a HAR file, piece by piece.
 *
 * @param capture what to write; texts that were left out of it are left out of the file
 */
export function* harOf(capture: LoadedCapture, options: HarOptions): Generator<string> {
  const creator = { name: "culvert", version: options.toolVersion };
  // The field for remarks of HAR 1.2.
  const remarks = damageWarnings("the capture", capture.damage).map(({ message }) => message).join(". ");
  const comment = remarks === "" ? "" : `"comment":${JSON.stringify(remarks)},`;
  yield `{"log":{"version":"1.2","creator":${
    JSON.stringify(creator)
  },${comment}"_redaction":"${capture.meta.redaction}","pages":[],"entries":[`;
  let isFirst = true;
  const sorted = capture.exchanges.filter(({ request }) => request !== undefined)
    .toSorted((one, other) => (one.request?.t_ms ?? 0) - (other.request?.t_ms ?? 0));
  for (const exchange of sorted) {
    yield isFirst ? "\n" : ",\n";
    const large = largeParts(exchange, capture);
    yield* jsonPieces(entryOf(exchange, capture, options, large), [large.text, large.frames, large.events]);
    isFirst = false;
  }
  yield "\n]}}\n";
}

/** The members of an entry that may be larger than a string can be, in the order of their places. */
interface LargeParts {
  /** The text of an event stream. */
  readonly text: LazyJson;
  /** The messages of a websocket. */
  readonly frames: LazyJson;
  /** The events of an event stream. */
  readonly events: LazyJson;
}

function largeParts({ events, messages }: Exchange, capture: LoadedCapture): LargeParts {
  return {
    text: lazyText(() => Iterator.from(events).map((event) => eventText(event, capture.text))),
    frames: lazyArray(() =>
      Iterator.from(messages).filter(({ opcode }) => opcode === 1 || opcode === 2).map((message) => ({
        type: message.dir,
        time: seconds(message.t_ms, capture),
        opcode: message.opcode,
        data: capture.text(message) ?? "",
      }))
    ),
    events: lazyArray(() =>
      Iterator.from(events).filter(isDispatched).map((event) => ({
        time: seconds(event.t_ms, capture),
        eventName: event.event,
        eventId: event.event_id ?? "",
        data: capture.text(event) ?? "",
      }))
    ),
  };
}

/** Returns whether a record of an event stream is an event, not a comment. */
function isDispatched({ event }: SseRecord): boolean {
  return event !== ":";
}

function entryOf(
  exchange: Exchange,
  capture: LoadedCapture,
  options: HarOptions,
  large: LargeParts,
): object {
  const { request, response, open, end } = exchange;
  if (request === undefined) return {};
  const body = requestBody(exchange);
  const text = capture.text(body);
  const timings = harTimings(exchange);
  const started = capture.meta.started_ms + request.t_ms;
  const url = harUrl(request.url, exchange, options);
  const failure = exchange.errors[0]?.error ??
    (response === undefined && open === undefined ? end?.error ?? "no response" : undefined);
  return {
    startedDateTime: new Date(started).toISOString(),
    time: sum([timings.blocked, timings.dns, timings.connect, timings.send, timings.wait, timings.receive]),
    request: {
      method: request.method,
      url,
      httpVersion: "HTTP/1.1",
      cookies: cookiesOf(request.headers, "cookie"),
      ...headersOf(request.headers, body !== undefined),
      queryString: [...(URL.parse(request.url)?.searchParams ?? [])].map(([name, value]) => ({
        name,
        value,
      })),
      headersSize: -1,
      bodySize: body?.wire_size ?? 0,
      ...(body === undefined ? {} : { postData: postData(request.headers, body, text) }),
    },
    response: {
      status: open?.status ?? response?.status ?? 0,
      statusText: open === undefined ? response?.status_text ?? "" : "Switching Protocols",
      httpVersion: "HTTP/1.1",
      cookies: cookiesOf(open?.headers ?? response?.headers ?? [], "set-cookie"),
      ...headersOf(open?.headers ?? response?.headers ?? [], true),
      content: contentOf(exchange, capture, large.text),
      redirectURL: headerValue(response?.headers ?? [], "location") ?? "",
      headersSize: -1,
      bodySize: end?.sizes.response_wire ?? -1,
      ...(failure === undefined ? {} : { _error: failure }),
    },
    cache: {},
    timings,
    _resourceType: open !== undefined ? "websocket" : exchange.events.length > 0 ? "eventsource" : "fetch",
    _id: exchange.id,
    _channel: exchange.channel,
    ...(end === undefined || end.outcome === "ok" ? {} : { _outcome: end.outcome }),
    ...socketParts(exchange, capture, large.frames),
    ...(exchange.events.some(isDispatched) ? { _eventSourceMessages: large.events } : {}),
  };
}

function harUrl(url: string, { open }: Exchange, { flavor }: HarOptions): string {
  const bare = url.replace(/#.*$/s, "");
  if (open === undefined || flavor === "mitmproxy") return bare.replace(/^ws/, "http");
  return bare.replace(/^http/, "ws");
}

function socketParts({ open, close }: Exchange, capture: LoadedCapture, frames: LazyJson): object {
  if (open === undefined) return {};
  return {
    _webSocketMessages: frames,
    _webSocketClose: close === undefined || close.code === 1006
      ? "aborted"
      : { code: close.code, reason: close.reason, timestamp: seconds(close.t_ms, capture) },
  };
}

function seconds(t_ms: number, { meta }: LoadedCapture): number {
  return (meta.started_ms + t_ms) / 1_000;
}

function contentOf(exchange: Exchange, capture: LoadedCapture, streamText: LazyJson): object {
  const { response, end, events } = exchange;
  const mimeType = headerValue(response?.headers ?? [], "content-type") ?? "application/octet-stream";
  if (events.length > 0) {
    const size = end?.sizes.response ??
      sum(events.map((event) => eventText(event, capture.text).length));
    return { size, mimeType, text: streamText };
  }
  const body = end?.body;
  if (body === undefined) return { size: end?.sizes.response ?? 0, mimeType };
  const text = capture.text(body);
  return {
    size: body.size,
    compression: body.size - body.wire_size,
    mimeType,
    ...(text === undefined ? { comment: `left out: ${body.omitted ?? "missing"}` } : { text }),
    ...(body.encoding === "base64" ? { encoding: "base64" } : {}),
  };
}

function postData(headers: readonly HeaderPair[], body: StoredBody, text: string | undefined): object {
  return {
    mimeType: headerValue(headers, "content-type") ?? "application/octet-stream",
    text: text ?? "",
    ...(body.encoding === "base64" ? { encoding: "base64" } : {}),
    ...(text === undefined ? { comment: `left out: ${body.omitted ?? "missing"}` } : {}),
  };
}

/**
 * Readers encode the text again by the Content-Encoding field, and most do not know zstd. The text is decoded, so the
 * field is moved to a member of its own.
 */
function headersOf(headers: readonly HeaderPair[], isDecoded: boolean): object {
  const encoding = headerValue(headers, "content-encoding");
  const moves = isDecoded && encoding !== undefined;
  return {
    headers: headers.filter(([name]) => !moves || name.toLowerCase() !== "content-encoding")
      .map(([name, value]) => ({ name, value })),
    ...(moves ? { _originalContentEncoding: encoding } : {}),
  };
}

function cookiesOf(headers: readonly HeaderPair[], field: "cookie" | "set-cookie"): readonly object[] {
  return headers.filter(([name]) => name.toLowerCase() === field).flatMap(([, value]) => {
    const pairs = value.split(";").map((pair) => pair.trim()).filter((pair) => pair !== "");
    return (field === "cookie" ? pairs : pairs.slice(0, 1)).map((pair) => {
      const equals = pair.indexOf("=");
      return { name: equals < 0 ? "" : pair.slice(0, equals), value: pair.slice(equals + 1) };
    });
  });
}

/** Returns the value of the first header field of a name. */
export function headerValue(headers: readonly HeaderPair[], name: string): string | undefined {
  return headers.find(([field]) => field.toLowerCase() === name)?.[1];
}

function harTimings({ end, request, open }: Exchange) {
  const known = end?.timings;
  const connect = known?.connect ?? -1;
  return {
    blocked: known?.blocked ?? -1,
    dns: known?.dns ?? -1,
    connect,
    ssl: known?.ssl ?? -1,
    // HAR 1.2 requires these three to be known.
    send: Math.max(0, known?.send ?? 0),
    wait: Math.max(0, known?.wait ?? (open?.t_ms ?? 0) - (open === undefined ? 0 : request?.t_ms ?? 0)),
    receive: Math.max(0, known?.receive ?? 0),
  };
}

function sum(parts: readonly number[]): number {
  return parts.reduce((total, part) => total + Math.max(0, part), 0);
}
