/**
 * Sends records to a collector by OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp).
 *
 * @module
 */
import type { Destination } from "../../config/otel/telemetry_settings.ts";
import { CulvertError } from "../../errors.ts";
import { readBytes } from "../../net/dialer/body/read_text.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import { type Attempt, isTransient, withRetries } from "../../net/dialer/retry.ts";
import { splitUserInfo } from "../../net/user_info.ts";
import type { World } from "../../world/world.ts";
import type { SignalRecords } from "../records/records.ts";
import type { Rejection } from "./read_reply.ts";

/** Default number of retries of one request; the deadline of the export is usually reached first. */
const MAX_RETRIES = 4;
/** Longest reply that is read, bytes. */
const MAX_REPLY = 64 * 1024;

/** The parts that sending uses. */
export interface SendOptions {
  readonly destination: Destination;
  /** Attributes of the resource that are allowed for the signal. */
  readonly resource: Readonly<Record<string, string>>;
  readonly dialer: Pick<Dialer, "request">;
  readonly world: World;
  readonly signal: AbortSignal;
  /** Retries after the first attempt. Default 4. */
  readonly maxRetries?: number;
}

/** A request that is ready to be sent. */
export interface OtlpRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/**
 * Sends records of the signal that the destination is for.
 *
 * @returns the records that the collector rejected although it accepted the request
 * @throws CulvertError of the network; `server` for a status that is not a success; the reason of the signal
 */
export async function sendRecords(records: SignalRecords, options: SendOptions): Promise<Rejection> {
  const { destination, dialer, maxRetries = MAX_RETRIES, resource, signal, world } = options;
  if (records.records.length === 0) return { count: 0 };
  const { body, headers, url } = await buildRequest(records, destination, resource);
  const reply = await withRetries(
    () =>
      dialer.request({
        method: "POST",
        url,
        headers,
        body,
        signal,
        redirect: "manual",
        headerTimeoutMs: destination.timeoutMs,
      }),
    { maxRetries, world, signal, shouldRetry },
  );
  const { bytes } = await readBytes(reply.body, { maxBytes: MAX_REPLY, signal, keepPartial: true });
  if (reply.status >= 200 && reply.status <= 299) {
    const contentType = reply.headers.get("content-type") ?? "";
    if (bytes.length > 0 && isWebPage(contentType)) throw notACollector(url);
    const { readReply } = await import("./read_reply.ts");
    return readReply(bytes, records.signal, contentType, Object.values(headers));
  }
  throw new CulvertError("server", `${url.host} answered ${reply.status} to an export of ${records.signal}`, {
    hint: "Check the address, the headers and the protocol of the destination.",
    details: { host: url.host, status: reply.status },
  });
}

/** A collector answers in protobuf or JSON. Behind a login page or the page of a proxy, nothing was stored. */
function isWebPage(contentType: string): boolean {
  return /^text\/html\b/i.test(contentType.trim());
}

function notACollector({ host }: URL): CulvertError {
  return new CulvertError("server", `${host} answered an export with a web page, so it is not a collector`, {
    hint: "Check the address of the destination, and whether a proxy answers in its place.",
    details: { host },
  });
}

/** Encodes and compresses records, and adds the headers of the destination. */
async function buildRequest(
  records: SignalRecords,
  { compression, headers, protocol, url: address }: Destination,
  resource: Readonly<Record<string, string>>,
): Promise<OtlpRequest> {
  const { encodeRequest } = await import("./encode.ts");
  const encoded = encodeRequest(records, resource, protocol);
  const { url, authorization } = splitUserInfo(new URL(address));
  return {
    url,
    headers: {
      "content-type": protocol === "http/json" ? "application/json" : "application/x-protobuf",
      ...(compression === "gzip" ? { "content-encoding": "gzip" } : {}),
      ...(authorization === undefined ? {} : { authorization }),
      ...headers,
    },
    body: compression === "gzip" ? await gzip(encoded) : encoded,
  };
}

/** Returns whether to retry. The specification names 429, 502, 503 and 504; other statuses are final. */
function shouldRetry(attempt: Attempt): boolean {
  if (attempt.kind === "error") return isTransient(attempt);
  return [429, 502, 503, 504].includes(attempt.reply.status);
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
}
