/**
 * Forwards a request that arrived at a proxy of ours: names, order and duplicates of the headers stay, bodies pass
 * undecoded and chunk by chunk, and a slow reader slows the sender down. Requests on one connection of a client use one
 * connection to the origin.
 *
 * @module
 */
import { type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { CulvertError } from "../../../errors.ts";
import { sleep } from "../../../world/sleep.ts";
import { statusReason } from "../../status_reason.ts";
import { acquireConnection, releaseConnection } from "./bound_connection.ts";
import type { Forwarding, OutgoingRequest } from "./forwarding.ts";
import { framingOf } from "./framing.ts";
import { MAX_HEAD_BYTES, responseError } from "./head_limit.ts";
import { passInterim, passRefusal, passResponse } from "./pass_response.ts";
import { endToEndHeaders } from "./raw_headers.ts";
import { readStart, RequestBody } from "./request_body.ts";
import { ignoreBrokenPeer, reset } from "./splice.ts";
import { type Origin, urlOf } from "./upstream.ts";

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
    if (policy?.delayMs !== undefined) await sleep(policy.delayMs, signal);
    let reply = await this.#send(request);
    // `renew` ends the loop: it stops when the credential has no other value.
    while (reply.statusCode === 401 && renew !== undefined && !this.#body.isTooLong) {
      const refusal = { rawHeaders: reply.rawHeaders, body: await readStart(reply) };
      const renewed = await renew(refusal, signal);
      if (renewed === undefined) {
        passRefusal(reply, refusal, this.#response, tap);
        return 401;
      }
      reply.destroy();
      reply = await this.#send(renewed);
    }
    passResponse(reply, this.#response, this.#forwarding);
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
    response.writeHead(status, statusReason(status) ?? "", {
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
      outgoing.on("information", (info) => passInterim(info, this.#response, this.#forwarding.tap));
      outgoing.on("continue", () => {
        if (!this.#response.headersSent) this.#response.writeContinue();
      });
      outgoing.once("upgrade", () => outgoing.destroy(new Error("the server switched protocols unasked")));
      outgoing.once("response", (reply) => (settle(), resolve(reply)));
      this.#body.sendTo(outgoing);
    });
  }
}
