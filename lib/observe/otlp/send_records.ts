/**
 * Sends records to a collector by OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp).
 *
 * @module
 */
import type { Destination } from "../../config/otel/telemetry_settings.ts";
import { readBytes } from "../../net/dialer/body/read_text.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import { type Attempt, isTransient, withRetries } from "../../net/dialer/retry.ts";
import { webPageIn } from "../../net/failure/web_page.ts";
import { splitUserInfo } from "../../net/user_info.ts";
import type { World } from "../../world/world.ts";
import type { SignalRecords } from "../records/records.ts";
import type { Rejection } from "./read_reply.ts";

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
  readonly retries: RetryLimits;
}

/** Limits of the retries of one request. */
export interface RetryLimits {
  /** Retries after the first attempt. */
  readonly maxRetries: number;
  /** Longest delay that the collector may request, ms. */
  readonly maxServerDelayMs: number;
  /** Whether a request is also sent again if no reply was received. */
  readonly afterErrors: boolean;
}

/** A request that is ready to be sent. */
interface OtlpRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/**
 * Sends records of the signal that the destination is for.
 *
 * @returns the records that the collector rejected although it accepted the request
 * @throws CulvertError of the network, `redirect` included; `server` for a status that is not a success; the reason
 * of the signal
 */
export async function sendRecords(records: SignalRecords, options: SendOptions): Promise<Rejection> {
  const { destination, dialer, resource, retries, signal, world } = options;
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
        redirect: "error",
        headerTimeoutMs: destination.timeoutMs,
      }),
    { ...retries, world, signal, shouldRetry: (attempt) => shouldRetry(attempt, retries) },
  );
  const { bytes } = await readBytes(reply.body, { maxBytes: MAX_REPLY, signal, keepPartial: true });
  const secrets = [...Object.values(destination.headers), headers["authorization"] ?? ""];
  const page = bytes.length === 0 ? undefined : webPageIn(reply.headers, new TextDecoder().decode(bytes));
  if (reply.status >= 200 && reply.status <= 299 && page === undefined) {
    const { readReply } = await import("./read_reply.ts");
    return readReply(bytes, records.signal, reply.headers.get("content-type") ?? "", secrets);
  }
  const { refusalError } = await import("./refusal.ts");
  const { host } = url;
  throw refusalError({ reply, bytes, page, host, signal: records.signal, secrets, now: world.now() });
}

/**
 * Returns the headers of a destination. Those that describe the body cannot be configured.
 *
 * @param authorization from the user information of its address; a configured header takes precedence
 */
export function destinationHeaders(
  { compression, headers: configured, protocol }: Destination,
  authorization: string | undefined,
): Readonly<Record<string, string>> {
  const headers = new Headers(authorization === undefined ? {} : { authorization });
  for (const [name, value] of Object.entries(configured)) headers.set(name, value);
  headers.set("content-type", protocol === "http/json" ? "application/json" : "application/x-protobuf");
  headers.delete("content-encoding");
  if (compression === "gzip") headers.set("content-encoding", "gzip");
  return Object.fromEntries(headers);
}

/** Encodes and compresses records, and adds the headers of the destination. */
async function buildRequest(
  records: SignalRecords,
  destination: Destination,
  resource: Readonly<Record<string, string>>,
): Promise<OtlpRequest> {
  const { encodeRequest } = await import("./encode.ts");
  const encoded = encodeRequest(records, resource, destination.protocol);
  const { url, authorization } = splitUserInfo(new URL(destination.url));
  return {
    url,
    headers: destinationHeaders(destination, authorization),
    body: destination.compression === "gzip" ? await gzip(encoded) : encoded,
  };
}

/** Returns whether to retry. The specification names 429, 502, 503 and 504; other statuses are final. */
function shouldRetry(attempt: Attempt, { afterErrors }: RetryLimits): boolean {
  if (attempt.kind === "error") return afterErrors && isTransient(attempt);
  return [429, 502, 503, 504].includes(attempt.reply.status);
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
}
