/**
 * Passes responses of an origin on to the client of a proxy of ours.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ExchangeTap } from "../../exchange_tap.ts";
import type { Forwarding, Refusal } from "./forwarding.ts";
import { codingsOf } from "./framing.ts";
import { endToEndHeaders, headerPairs, headText, withoutHeaders } from "./raw_headers.ts";
import { sendHeadSoon } from "./request_body.ts";
import { reset } from "./splice.ts";

/** A response before the final one, as `node:http` gives it. */
interface InterimResponse {
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly rawHeaders: readonly string[];
}

/** Passes a response on as it arrives, and its trailers. */
export function passResponse(
  reply: IncomingMessage,
  response: ServerResponse,
  { tap, policy }: Pick<Forwarding, "tap" | "policy">,
): void {
  const status = reply.statusCode ?? 502;
  const cut = (error?: Error) => {
    tap.end({
      direction: "response",
      at: performance.now(),
      outcome: "failed",
      error: error?.message ?? "the server broke off",
    });
    reset(response.socket);
  };
  reply.on("error", cut);
  reply.once("aborted", () => cut());
  reportHead(reply, tap);
  reply.on("data", (chunk: Uint8Array) => tap.bytes("response", chunk, performance.now()));
  let hasBegun = false;
  for (const event of ["data", "end"]) reply.once(event, () => hasBegun = true);
  const writeHead = () => {
    response.writeHead(status, reasonOf(reply), [
      ...endToEndHeaders(reply.rawHeaders),
      ...codingsOf(reply),
    ]);
    sendHeadSoon(response, () => hasBegun);
  };
  const finish = () => {
    if (reply.rawTrailers.length > 0) response.addTrailers(headerPairs(reply.rawTrailers));
    tap.end({
      direction: "response",
      at: performance.now(),
      outcome: "complete",
      ...(reply.rawTrailers.length > 0 ? { rawTrailers: reply.rawTrailers } : {}),
    });
    response.end();
  };
  const isEventStream = (reply.headers["content-type"] ?? "").startsWith("text/event-stream");
  if (policy?.bufferEventStreams === true && isEventStream) {
    const held: Uint8Array[] = [];
    reply.on("data", (chunk: Uint8Array) => held.push(chunk));
    reply.once("end", () => {
      writeHead();
      for (const chunk of held) response.write(chunk);
      finish();
    });
    return;
  }
  writeHead();
  reply.once("end", finish);
  reply.pipe(response, { end: false });
}

/** Passes a 401 on whose body has been read already. */
export function passRefusal(
  reply: IncomingMessage,
  refusal: Refusal,
  response: ServerResponse,
  tap: ExchangeTap,
): void {
  reportHead(reply, tap);
  tap.bytes("response", refusal.body, performance.now());
  tap.end({ direction: "response", at: performance.now(), outcome: "complete" });
  // The body may have been cut at the limit of what is read.
  const headers = withoutHeaders(endToEndHeaders(reply.rawHeaders), new Set(["content-length"]));
  response.writeHead(401, reasonOf(reply), headers);
  response.end(refusal.body);
}

function reportHead(reply: IncomingMessage, tap: ExchangeTap): void {
  tap.head({
    direction: "response",
    at: performance.now(),
    rawHeaders: reply.rawHeaders,
    status: reply.statusCode ?? 0,
    reason: reply.statusMessage ?? "",
  });
}

/**
 * Passes an interim response on as it came: 102, 103 and those to come (RFC 9110 §15.2). 100 has an event of its own
 * beside this one.
 * `node:http` would refuse a `Link` field that it cannot parse, and keep one field of each name.
 */
export function passInterim(info: InterimResponse, response: ServerResponse, tap: ExchangeTap): void {
  if (response.headersSent || response.destroyed || response.req.httpVersion === "1.0") return;
  const { statusCode, statusMessage, rawHeaders } = info;
  if (statusCode === 100) return;
  tap.head({
    direction: "response",
    at: performance.now(),
    rawHeaders,
    status: statusCode,
    reason: statusMessage,
  });
  // The response of an earlier request on the connection may still be under way; then there is no socket yet.
  response.socket?.write(headText(statusCode, statusMessage, endToEndHeaders(rawHeaders)));
}

/** Returns the reason phrase without control characters, which the client of `node:http` takes and its server refuses. */
function reasonOf({ statusMessage }: IncomingMessage): string {
  return (statusMessage ?? "").replace(/[^\t\x20-\x7e\x80-\xff]/g, "");
}
