/**
 * Forwards a request that arrived at a proxy of ours: names, order and duplicates of the headers stay, bodies pass
 * undecoded and chunk by chunk, and a slow reader slows the sender down. Requests on one connection of a client use one
 * connection to the origin.
 *
 * @module
 */
import { type IncomingMessage, request as httpRequest, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { CulvertError } from "../../../errors.ts";
import type { ExchangeTap } from "../../exchange_tap.ts";
import { acquireConnection, releaseConnection } from "./bound_connection.ts";
import { codingsOf, framingOf } from "./framing.ts";
import { MAX_HEAD_BYTES, responseError } from "./head_limit.ts";
import { endToEndHeaders, headerPairs, headText, withoutHeaders } from "./raw_headers.ts";
import { readStart, RequestBody, type SenderFlow, sendHeadSoon } from "./request_body.ts";
import { ignoreBrokenPeer, reset } from "./splice.ts";
import { type Origin, type Upstream, urlOf } from "./upstream.ts";

/** The request to the origin. */
export interface OutgoingRequest {
  readonly origin: Origin;
  /** Path and query. */
  readonly path: string;
  /** Fields for the origin; hop-by-hop fields are removed here. */
  readonly rawHeaders: readonly string[];
}

/** Changes of a middlebox to an exchange. */
export interface ForwardPolicy {
  /** Holds `text/event-stream` back until it is complete, as buffering middleboxes do. */
  readonly bufferEventStreams?: boolean;
  /** Time to wait before the request is forwarded, ms. */
  readonly delayMs?: number;
}

/** An answer of the proxy itself. */
export interface OwnReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A response of the origin with status 401. */
export interface Refusal {
  readonly rawHeaders: readonly string[];
  /** At most 64 KiB. */
  readonly body: Uint8Array;
}

/** How requests are forwarded. */
export interface Forwarding {
  readonly upstream: Upstream;
  readonly tap: ExchangeTap;
  readonly policy?: ForwardPolicy;
  /** Used where the origin takes less than the client sends. Default: the socket of the client alone is paused. */
  readonly flow?: SenderFlow | undefined;
  /** Time allowed from the request to the head of the response, ms. Default: 15 minutes; for an upgrade one minute. */
  readonly headTimeoutMs?: number;
  /** Makes the answer for an origin that cannot be reached, or that breaks off before it has answered. */
  readonly failure: (error: unknown, origin: Origin) => OwnReply;
  /**
   * Called each time the origin answers 401. Returns the request to send instead, or `undefined` to pass the 401 on.
   * Without it, request bodies are not kept.
   */
  readonly renew?: (refusal: Refusal, signal: AbortSignal) => Promise<OutgoingRequest | undefined>;
}

/** The response takes this long at most by default: some models think for minutes before the first byte. */
const HEAD_TIMEOUT_MS = 15 * 60_000;

/**
 * Forwards one exchange. Never rejects.
 *
 * @param message the request as received
 * @param response where the response goes
 * @returns the status of the origin; that of the own reply where it gave none; 0 where the client broke off first
 */
export async function forwardRequest(
  message: IncomingMessage,
  response: ServerResponse,
  request: OutgoingRequest,
  forwarding: Forwarding,
): Promise<number> {
  const exchange = new Exchange(message, response, forwarding);
  try {
    return await exchange.run(request);
  } catch (error) {
    return exchange.fail(error, request.origin);
  }
}

class Exchange {
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #forwarding: Forwarding;
  readonly #gone = new AbortController();
  readonly #body: RequestBody;
  /** Whether the origin closed a kept connection when the request was sent on it. */
  #isStale = false;
  #isTimedOut = false;

  constructor(message: IncomingMessage, response: ServerResponse, forwarding: Forwarding) {
    this.#message = message;
    this.#response = response;
    this.#forwarding = forwarding;
    const { tap } = forwarding;
    response.sendDate = false;
    response.on("error", ignoreBrokenPeer);
    response.once("close", () => {
      if (!response.writableFinished) this.#leave();
    });
    this.#body = new RequestBody(message, tap, forwarding.renew !== undefined, forwarding.flow);
    // The client may have left before: then no further `close` comes.
    if (response.destroyed || response.socket?.destroyed === true) this.#gone.abort();
  }

  async run(request: OutgoingRequest): Promise<number> {
    const { policy, renew, tap } = this.#forwarding;
    const { signal } = this.#gone;
    if (this.#response.socket === null) await this.#earlierResponses();
    if (policy?.delayMs !== undefined) await delay(policy.delayMs, signal);
    let reply = await this.#send(request);
    // `renew` ends the loop: it stops when the credential has no other value.
    while (reply.statusCode === 401 && renew !== undefined && !this.#body.isTooLong) {
      const refusal = { rawHeaders: reply.rawHeaders, body: await readStart(reply) };
      const renewed = await renew(refusal, signal);
      if (renewed === undefined) return this.#passRefusal(reply, refusal);
      reply.destroy();
      reply = await this.#send(renewed);
    }
    this.#pass(reply, tap);
    return reply.statusCode ?? 0;
  }

  /** Ends the exchange of a client that is gone. */
  #leave(): void {
    const { tap } = this.#forwarding;
    this.#gone.abort(new Error("The client closed the connection"));
    tap.end({ direction: "request", at: performance.now(), outcome: "failed", error: "client closed" });
    tap.end({ direction: "response", at: performance.now(), outcome: "aborted", error: "client closed" });
  }

  /**
   * Waits until the responses to the earlier requests of the connection have ended, so that requests which a client
   * sends without waiting (RFC 9112 §9.3.2) reach the origin in their order. `node:http` gives a response the socket
   * then.
   *
   * @throws where the client leaves before
   */
  #earlierResponses(): Promise<void> {
    const { socket } = this.#message;
    const { signal } = this.#gone;
    return new Promise((resolve, reject) => {
      const onClose = () => {
        // A response without a socket is not told of it.
        this.#leave();
        reject(signal.reason);
      };
      socket.once("close", onClose);
      this.#response.once("socket", () => {
        socket.off("close", onClose);
        resolve();
      });
      if (socket.destroyed) onClose();
    });
  }

  /** Answers for an origin that gave no response. */
  fail(error: unknown, origin: Origin): number {
    const { tap, failure } = this.#forwarding;
    const response = this.#response;
    if (this.#gone.signal.aborted) return 0;
    const reason = error instanceof Error ? error.message : String(error);
    const code = error instanceof CulvertError ? { code: error.code } : {};
    tap.end({ direction: "response", at: performance.now(), outcome: "failed", error: reason, ...code });
    if (response.headersSent || this.#isStale) {
      reset(response.socket);
      return 0;
    }
    const { status, contentType, body } = failure(error, origin);
    // The rest of the request body is not read, so the connection cannot be used again.
    // Without the reason `node:http` would repeat that of an answer which could not be passed on.
    response.writeHead(status, STATUS_CODES[status] ?? "", {
      "content-type": contentType,
      "connection": "close",
    });
    response.end(body);
    return status;
  }

  /** Sends the request and resolves with the head of the response. */
  async #send(request: OutgoingRequest): Promise<IncomingMessage> {
    const { signal } = this.#gone;
    signal.throwIfAborted();
    const { origin } = request;
    const { upstream } = this.#forwarding;
    const { socket, isReused } = await acquireConnection(this.#message.socket, origin, upstream, signal);
    try {
      return await this.#sendOn(socket, request);
    } catch (error) {
      if (!isReused || signal.aborted || this.#isTimedOut) throw error;
      // The origin has closed the connection in this moment, as far as can be told. Without a body the request can be
      // sent again (RFC 9110 §9.2.2); with one, its client must decide, and sees what it would see without a proxy.
      if (this.#body.exists || !/^(GET|HEAD|OPTIONS)$/.test(this.#message.method ?? "")) {
        this.#isStale = true;
        throw error;
      }
      return await this.#send(request);
    }
  }

  /** Sends the request on a connection and resolves with the head of the response. */
  #sendOn(socket: Duplex, { origin, path, rawHeaders }: OutgoingRequest): Promise<IncomingMessage> {
    const { headTimeoutMs = HEAD_TIMEOUT_MS } = this.#forwarding;
    const { signal } = this.#gone;
    const { host, port } = origin;
    const headers = endToEndHeaders(rawHeaders);
    const message = this.#message;
    const method = message.method ?? "GET";
    const isLast = /\bclose\b/i.test(message.headers.connection ?? "");
    const outgoing = httpRequest({
      host,
      port,
      method,
      path,
      headers: [
        ...headers,
        ...framingOf(message, method, headers),
        "Connection",
        isLast ? "close" : "keep-alive",
      ],
      setHost: false,
      maxHeaderSize: MAX_HEAD_BYTES,
      createConnection: () => socket,
    });
    // Without an agent `node:http` would close the connection behind the response.
    outgoing.shouldKeepAlive = !isLast;
    outgoing.maxHeadersCount = 0;
    let isFree = false;
    socket.once("free", () => {
      isFree = true;
      releaseConnection(message.socket, origin, socket);
    });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#isTimedOut = true;
        outgoing.destroy(new Error(`no response within ${headTimeoutMs / 1000} s`));
      }, headTimeoutMs);
      const abort = () => outgoing.destroy(new Error("The client closed the connection"));
      signal.addEventListener("abort", abort, { once: true });
      if (signal.aborted) abort();
      let isSettled = false;
      const settle = () => {
        isSettled = true;
        clearTimeout(timer);
      };
      outgoing.on("error", (error) => (settle(), reject(responseError(error, urlOf(origin).host))));
      outgoing.once("close", () => {
        signal.removeEventListener("abort", abort);
        if (!isSettled) reject(new Error(`${urlOf(origin).host} closed the connection without a response`));
        settle();
        // `free` follows at once where the connection can be used again.
        queueMicrotask(() => {
          if (!isFree) socket.destroy();
        });
      });
      outgoing.on("information", (info) => this.#passInterim(info));
      outgoing.on("continue", () => {
        if (!this.#response.headersSent) this.#response.writeContinue();
      });
      outgoing.once("upgrade", () => outgoing.destroy(new Error("the server switched protocols unasked")));
      outgoing.once("response", (reply) => (settle(), resolve(reply)));
      this.#body.sendTo(outgoing);
    });
  }

  #pass(reply: IncomingMessage, tap: ExchangeTap): void {
    const response = this.#response;
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
    this.#tellHead(reply);
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
    if (this.#forwarding.policy?.bufferEventStreams === true && isEventStream) {
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
  #passRefusal(reply: IncomingMessage, refusal: Refusal): number {
    const { tap } = this.#forwarding;
    this.#tellHead(reply);
    tap.bytes("response", refusal.body, performance.now());
    tap.end({ direction: "response", at: performance.now(), outcome: "complete" });
    // The body may have been cut at the limit of what is read.
    const headers = withoutHeaders(endToEndHeaders(reply.rawHeaders), new Set(["content-length"]));
    this.#response.writeHead(401, reasonOf(reply), headers);
    this.#response.end(refusal.body);
    return 401;
  }

  #tellHead(reply: IncomingMessage): void {
    this.#forwarding.tap.head({
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
  #passInterim(info: InterimResponse): void {
    const response = this.#response;
    if (response.headersSent || response.destroyed || this.#message.httpVersion === "1.0") return;
    const { statusCode, statusMessage, rawHeaders } = info;
    if (statusCode === 100) return;
    this.#forwarding.tap.head({
      direction: "response",
      at: performance.now(),
      rawHeaders,
      status: statusCode,
      reason: statusMessage,
    });
    // The response of an earlier request on the connection may still be under way; then there is no socket yet.
    response.socket?.write(headText(statusCode, statusMessage, endToEndHeaders(rawHeaders)));
  }
}

/** A response before the final one, as `node:http` gives it. */
interface InterimResponse {
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly rawHeaders: readonly string[];
}

/** Returns the reason phrase without control characters, which the client of `node:http` takes and its server refuses. */
function reasonOf({ statusMessage }: IncomingMessage): string {
  return (statusMessage ?? "").replace(/[^\t\x20-\x7e\x80-\xff]/g, "");
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
