/**
 * Forwards an upgrade: the origin is asked first, its answer goes to the client, and then the two connections are
 * joined, so that frames, close codes and pings remain those of the peers (RFC 6455, extensions included).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { joinBytes } from "../../../text/join_bytes.ts";
import type { Direction, ExchangeTap } from "../../exchange_tap.ts";
import { statusReason } from "../../status_reason.ts";
import type { Forwarding, OutgoingRequest, OwnReply } from "./forwarding.ts";
import { MAX_HEAD_BYTES, responseError } from "./head_limit.ts";
import { endToEndHeaders, headText, upgradeHeaders, withoutHeaders } from "./raw_headers.ts";
import { readStart } from "./request_body.ts";
import { ignoreBrokenPeer, reset, splice } from "./splice.ts";
import { urlOf } from "./upstream.ts";

/** An upgrade as a server of `node:http` gives it. */
export interface UpgradeRequest {
  readonly message: IncomingMessage;
  readonly socket: Duplex;
  /** Bytes that came behind the head. */
  readonly head: Uint8Array;
}

/** Time allowed from the request to the answer, ms. */
const HEAD_TIMEOUT_MS = 60_000;

/**
 * Forwards one upgrade. Never rejects.
 *
 * @returns the status of the origin; that of the own reply where it gave none; 0 where the client broke off first
 */
export async function forwardUpgrade(
  upgrade: UpgradeRequest,
  request: OutgoingRequest,
  forwarding: Forwarding,
): Promise<number> {
  const { socket } = upgrade;
  const { tap, failure, renew } = forwarding;
  const gone = new AbortController();
  const onGone = () => gone.abort(new Error("The client closed the connection"));
  socket.on("error", ignoreBrokenPeer);
  socket.once("close", onGone);
  if (socket.destroyed) onGone();
  // A client that leaves while the answer is awaited shows only to who reads.
  const early = readAhead(socket, onGone);
  try {
    let answer = await ask(upgrade, request, forwarding, gone.signal);
    while (answer.kind === "refused" && answer.reply.statusCode === 401 && renew !== undefined) {
      const { reply } = answer;
      const body = await readStart(reply);
      const renewed = await renew({ rawHeaders: reply.rawHeaders, body }, gone.signal);
      if (renewed === undefined) return refuse(socket, reply, tap, body);
      reply.destroy();
      answer = await ask(upgrade, renewed, forwarding, gone.signal);
    }
    const { reply } = answer;
    if (answer.kind === "refused") return refuse(socket, reply, tap);
    join({ ...upgrade, head: early.stop(upgrade.head) }, answer, tap);
    if (forwarding.flow !== undefined) {
      socket.on("pause", forwarding.flow.pause);
      socket.on("resume", forwarding.flow.resume);
    }
    return 101;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const isGone = gone.signal.aborted;
    endBoth(tap, isGone ? "aborted" : "failed", reason);
    if (isGone) {
      // It may have closed its side only.
      socket.destroy();
      return 0;
    }
    const reply = failure(error, request.origin);
    socket.resume();
    socket.end(rawReply(reply));
    return reply.status;
  } finally {
    early.stop();
    socket.off("close", onGone);
  }
}

/** Bytes that are read ahead of the answer at most: no client sends frames before it knows the answer. */
const AHEAD_LIMIT = 65_536;

/** Reads from a socket and keeps what comes, to learn whether the peer leaves. */
function readAhead(
  socket: Duplex,
  onEnd: () => void,
): { readonly stop: (before?: Uint8Array) => Uint8Array } {
  const kept: Uint8Array[] = [];
  let size = 0;
  const onData = (chunk: Uint8Array) => {
    kept.push(chunk);
    size += chunk.length;
    if (size > AHEAD_LIMIT) socket.pause();
  };
  socket.on("data", onData);
  socket.once("end", onEnd);
  return {
    stop: (before = new Uint8Array(0)) => {
      socket.off("data", onData);
      socket.off("end", onEnd);
      return Buffer.concat([before, ...kept.splice(0)]);
    },
  };
}

/** The answer of an origin to an upgrade. */
type UpgradeAnswer =
  | { readonly kind: "refused"; readonly reply: IncomingMessage }
  | {
    readonly kind: "accepted";
    readonly reply: IncomingMessage;
    readonly upstream: Duplex;
    readonly rest: Uint8Array;
  };

async function ask(
  { message }: UpgradeRequest,
  { origin, path, rawHeaders }: OutgoingRequest,
  { upstream, headTimeoutMs = HEAD_TIMEOUT_MS }: Forwarding,
  signal: AbortSignal,
): Promise<UpgradeAnswer> {
  signal.throwIfAborted();
  const [connection, { request }] = await Promise.all([upstream.open(origin, signal), import("node:http")]);
  connection.on("error", ignoreBrokenPeer);
  const outgoing = request({
    host: origin.host,
    port: origin.port,
    method: message.method ?? "GET",
    path,
    headers: upgradeHeaders(rawHeaders),
    setHost: false,
    maxHeaderSize: MAX_HEAD_BYTES,
    createConnection: () => connection,
  });
  outgoing.maxHeadersCount = 0;
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => outgoing.destroy(new Error(`no answer to the upgrade within ${headTimeoutMs / 1000} s`)),
      headTimeoutMs,
    );
    const abort = () => outgoing.destroy(new Error("The client closed the connection"));
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    };
    outgoing.on("error", (error) => (settle(), reject(responseError(error, urlOf(origin).host))));
    outgoing.once("close", () => {
      settle();
      reject(new Error(`${urlOf(origin).host} closed the connection without an answer to the upgrade`));
    });
    outgoing.once("response", (reply) => {
      settle();
      // A refusal ends the connection: what a client sent next would reach the origin unchecked.
      reply.once("close", () => connection.destroy());
      resolve({ kind: "refused", reply });
    });
    outgoing.once("upgrade", (reply, upstreamSocket: Duplex, rest: Uint8Array) => {
      settle();
      resolve({ kind: "accepted", reply, upstream: upstreamSocket, rest });
    });
    outgoing.end();
  });
}

function join(
  { socket, head }: UpgradeRequest,
  { reply, upstream, rest }: Extract<UpgradeAnswer, { readonly kind: "accepted" }>,
  tap: ExchangeTap,
): void {
  upstream.on("error", ignoreBrokenPeer);
  const at = performance.now();
  tap.upgrade({
    direction: "response",
    at,
    rawHeaders: reply.rawHeaders,
    status: 101,
    reason: reply.statusMessage ?? "",
  });
  socket.write(headText(101, reply.statusMessage ?? "Switching Protocols", reply.rawHeaders));
  for (const [direction, bytes, to] of [["response", rest, socket], ["request", head, upstream]] as const) {
    if (bytes.length === 0) continue;
    tap.bytes(direction, bytes, at);
    to.write(bytes);
  }
  const directionOf = (from: Duplex): Direction => from === socket ? "request" : "response";
  splice(socket, upstream, {
    bytes: (from, data) => tap.bytes(directionOf(from), data, performance.now()),
    end: (from, isClean) =>
      tap.end({
        direction: directionOf(from),
        at: performance.now(),
        outcome: isClean ? "complete" : "failed",
        ...(isClean ? {} : { error: "the connection broke off" }),
      }),
  });
}

/** Passes a refusal on and closes the connection. @param body what has been read of it already */
function refuse(socket: Duplex, reply: IncomingMessage, tap: ExchangeTap, body?: Uint8Array): number {
  const status = reply.statusCode ?? 502;
  const reason = reply.statusMessage ?? "";
  tap.head({ direction: "response", at: performance.now(), rawHeaders: reply.rawHeaders, status, reason });
  tap.end({ direction: "request", at: performance.now(), outcome: "complete" });
  const kept = body === undefined
    ? endToEndHeaders(reply.rawHeaders)
    : withoutHeaders(endToEndHeaders(reply.rawHeaders), new Set(["content-length"]));
  // What the client still sends is dropped.
  socket.resume();
  socket.write(headText(status, reason, [...kept, "Connection", "close"]));
  if (body !== undefined) {
    tap.bytes("response", body, performance.now());
    tap.end({ direction: "response", at: performance.now(), outcome: "complete" });
    socket.end(body);
    return status;
  }
  reply.on("data", (chunk: Uint8Array) => tap.bytes("response", chunk, performance.now()));
  reply.once("end", () => tap.end({ direction: "response", at: performance.now(), outcome: "complete" }));
  for (const event of ["error", "aborted"]) {
    reply.once(event, () => {
      tap.end({
        direction: "response",
        at: performance.now(),
        outcome: "failed",
        error: "the server broke off",
      });
      reset(socket);
    });
  }
  socket.once("close", () => reply.destroy());
  reply.pipe(socket);
  return status;
}

/**
 * Forwards an upgrade as the plain GET that is left of it when a proxy removes the hop-by-hop headers, as squid
 * with ssl-bump does. Never rejects.
 *
 * @returns as {@link forwardUpgrade}
 */
export async function forwardStripped(
  upgrade: UpgradeRequest,
  request: OutgoingRequest,
  forwarding: Forwarding,
): Promise<number> {
  return await forwardUpgrade(
    upgrade,
    { ...request, rawHeaders: endToEndHeaders(request.rawHeaders) },
    forwarding,
  );
}

function endBoth(tap: ExchangeTap, outcome: "aborted" | "failed", error: string): void {
  for (const direction of ["request", "response"] as const) {
    tap.end({ direction, at: performance.now(), outcome, error });
  }
}

/** Encodes an own reply for a connection that ends with it. */
export function rawReply(
  { status, contentType, body }: OwnReply,
  rawHeaders: readonly string[] = [],
): Uint8Array {
  const bytes = new TextEncoder().encode(body);
  const head = headText(status, statusReason(status) ?? "Error", [
    ...rawHeaders,
    ...["content-type", contentType, "content-length", String(bytes.length), "connection", "close"],
  ]);
  return joinBytes([head, bytes]);
}
