/**
 * The error for a reply of a collector that is not a success.
 *
 * @module
 */
import type { Signal } from "../../config/otel/telemetry_settings.ts";
import { CulvertError } from "../../errors.ts";
import type { HttpReply } from "../../net/dialer/dialer.ts";
import { retryAfterMs } from "../../net/dialer/retry.ts";
import type { WebPage } from "../../net/failure/web_page.ts";
import { jsonObject } from "../../text/json.ts";
import { shownReason } from "./read_reply.ts";

/** A reply that is not a success. */
export interface Refusal {
  readonly reply: Pick<HttpReply, "status" | "headers">;
  readonly bytes: Uint8Array;
  /** The web page in it, if it is one. */
  readonly page: WebPage | undefined;
  /** The host of the collector. */
  readonly host: string;
  readonly signal: Signal;
  /** Values that the collector may repeat, such as those of the request's headers. */
  readonly secrets: readonly string[];
  /** Wall clock, ms since 1970. */
  readonly now: number;
}

/** Returns the error, of code `server`. A web page is a failure whatever its status: nothing was stored. */
export function refusalError({ bytes, host, now, page, reply, secrets, signal }: Refusal): CulvertError {
  const { headers, status } = reply;
  const title = page?.title === undefined ? "" : ` "${page.title}"`;
  const sender = page === undefined || page.sender === "" ? "" : ` (${page.sender})`;
  const details = { host, status };
  if (status >= 200 && status <= 299) {
    return new CulvertError(
      "server",
      `${host} answered an export with a web page${title}${sender}, so it is not a collector`,
      { hint: "Check the address of the destination, and whether a proxy answers in its place.", details },
    );
  }
  const reason = page === undefined
    ? refusalReason(bytes, headers.get("content-type") ?? "", secrets)
    : `a web page${title}${sender}`;
  return new CulvertError(
    "server",
    `${host} answered ${status} to an export of ${signal}${reason === undefined ? "" : `: ${reason}`}`,
    { hint: refusalHint(status, retryAfterMs(headers, now), signal), details },
  );
}

function refusalHint(status: number, retryAfter: number | undefined, signal: Signal): string {
  if (retryAfter !== undefined) {
    return `The collector requests a delay of ${Math.ceil(retryAfter / 1000)} s. Export again after it.`;
  }
  switch (status) {
    case 401:
    case 403:
      return "Check the key in OTEL_EXPORTER_OTLP_HEADERS, or in headers of the table [otel].";
    case 404:
    case 405:
      return `Check the address: most collectors receive ${signal} at the path /v1/${signal}.`;
    case 413:
      return "Raise the limit for the size of a request in the collector, or in the gateway in front of it.";
    case 415:
      return "Set OTEL_EXPORTER_OTLP_PROTOCOL to the protocol of the collector: http/protobuf or http/json.";
    case 429:
    case 502:
    case 503:
    case 504:
      return "The collector is overloaded, or its gateway cannot reach it. Export again later.";
    default:
      return "Check the address, the headers and the protocol of the destination.";
  }
}

/**
 * Reads the reason from the body of a refusal: the message of a `google.rpc.Status`, which the specification of OTLP
 * requires, or plain text.
 *
 * @param secrets values that the collector may repeat, such as those of the request's headers
 * @returns `undefined` if the body contains none
 */
function refusalReason(
  bytes: Uint8Array,
  contentType: string,
  secrets: readonly string[],
): string | undefined {
  const message = /^application\/x-protobuf\b/i.test(contentType.trim())
    ? statusMessage(bytes)
    : textMessage(new TextDecoder().decode(bytes));
  const reason = shownReason(message ?? "", secrets);
  return reason === "" ? undefined : reason;
}

function textMessage(text: string): string | undefined {
  const parsed = jsonObject(text);
  if (parsed === undefined) return text;
  return typeof parsed["message"] === "string" ? parsed["message"] : undefined;
}

/** Reads field 2, a text, of a protobuf message whose only field before it is the number of field 1. */
function statusMessage(bytes: Uint8Array): string | undefined {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; at < bytes.length && shift < 28; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  if (bytes[at] === 0x08) {
    at++;
    varint();
  }
  if (bytes[at++] !== 0x12) return undefined;
  const length = varint();
  return new TextDecoder().decode(bytes.subarray(at, at + length));
}
