/**
 * Bodies on their way through a proxy of ours.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { ClientRequest, IncomingMessage, OutgoingMessage } from "node:http";
import { setImmediate } from "node:timers";
import type { ExchangeTap } from "../../exchange_tap.ts";
import { hasBody } from "./framing.ts";
import { headerPairs } from "./raw_headers.ts";
import { ignoreBrokenPeer } from "./splice.ts";

/** Bytes of a request body that are kept for a second attempt. */
const REPLAY_LIMIT = 64 * 1024 * 1024;

/**
 * Bytes of a request body that are held for an origin that does not read. A client that leaves is noticed when all that
 * it has sent is read, so an upload is stopped only when more than this is waiting.
 */
const READ_AHEAD = 16 * 1024 * 1024;

/** Holds back what a client sends, where its own socket does not. */
export interface SenderFlow {
  readonly pause: () => void;
  readonly resume: () => void;
}

/** The body of the request, which may have to be sent twice. */
export class RequestBody {
  /** Whether there is a body, as its framing says (RFC 9112 §6.3). */
  readonly exists: boolean;
  /** Whether more than {@link REPLAY_LIMIT} has passed, so that it cannot be sent again. */
  isTooLong = false;
  readonly #message: IncomingMessage;
  readonly #keeps: boolean;
  readonly #flow: SenderFlow | undefined;
  #kept: Uint8Array[] = [];
  #size = 0;
  #target: ClientRequest | undefined;
  #isComplete = false;

  constructor(message: IncomingMessage, tap: ExchangeTap, keeps: boolean, flow?: SenderFlow) {
    this.#message = message;
    this.#keeps = keeps;
    this.#flow = flow;
    this.exists = hasBody(message);
    message.on("error", ignoreBrokenPeer);
    message.on("data", (chunk: Uint8Array) => {
      tap.bytes("request", chunk, performance.now());
      this.#keep(chunk);
      const target = this.#target;
      // A server may answer and close without reading the whole body; the answer counts then.
      if (target === undefined || target.destroyed || target.writableEnded) return;
      if (!target.write(chunk) && target.writableLength > READ_AHEAD) {
        message.pause();
        flow?.pause();
        target.once("drain", () => this.#resume());
      }
    });
    message.once("end", () => {
      this.#isComplete = true;
      const { rawTrailers } = message;
      tap.end({
        direction: "request",
        at: performance.now(),
        outcome: "complete",
        ...(rawTrailers.length > 0 ? { rawTrailers } : {}),
      });
      this.#finish();
    });
    // The body waits until there is a connection to send it on.
    message.pause();
  }

  /** Sends what has arrived and what is still to come. */
  sendTo(target: ClientRequest): void {
    this.#target = target;
    target.once("close", () => {
      // The rest is read, or the client could not send its next request on this connection.
      if (this.#target === target) this.#resume();
    });
    if (!this.exists) {
      target.end();
      this.#message.resume();
      return;
    }
    let hasBegun = this.#kept.length > 0;
    for (const event of ["data", "end"]) this.#message.once(event, () => hasBegun = true);
    sendHeadSoon(target, () => hasBegun);
    for (const chunk of this.#kept) target.write(chunk);
    if (this.#isComplete) this.#finish();
    else this.#message.resume();
  }

  #resume(): void {
    this.#message.resume();
    this.#flow?.resume();
  }

  #finish(): void {
    const target = this.#target;
    if (target === undefined || target.destroyed || target.writableEnded) return;
    const { rawTrailers } = this.#message;
    if (rawTrailers.length > 0) target.addTrailers(headerPairs(rawTrailers));
    target.end();
  }

  #keep(chunk: Uint8Array): void {
    if (!this.#keeps || this.isTooLong) return;
    this.#size += chunk.length;
    this.isTooLong = this.#size > REPLAY_LIMIT;
    if (this.isTooLong) this.#kept = [];
    else this.#kept.push(chunk);
  }
}

/**
 * Sends the head of a message within this turn of the event loop: it does not wait for the body, but is one packet with
 * it where that has arrived. A head that is flushed behind the body is an empty write, after which the TLS sockets of
 * Deno 2.9.6 write nothing more.
 *
 * @param hasBegun whether the body, or its end, was written
 */
export function sendHeadSoon(message: OutgoingMessage, hasBegun: () => boolean): void {
  setImmediate(() => {
    if (!hasBegun() && !message.destroyed) message.flushHeaders();
  });
}

/** Bytes of a refusal that are read. */
const REFUSAL_LIMIT = 65_536;

/** Reads a body up to {@link REFUSAL_LIMIT}; what comes after is dropped. */
export async function readStart(reply: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  await new Promise<void>((resolve) => {
    reply.on("data", (chunk: Uint8Array) => {
      if (size < REFUSAL_LIMIT) chunks.push(chunk.subarray(0, REFUSAL_LIMIT - size));
      size += chunk.length;
      if (size >= REFUSAL_LIMIT) resolve();
    });
    for (const event of ["end", "error", "aborted", "close"]) reply.once(event, () => resolve());
  });
  return Buffer.concat(chunks);
}
