/**
 * A reverse relay: a server on loopback that forwards requests to origins which a decision chooses one by one, and
 * answers the others itself. Headers, bodies and websockets pass as {@link forwardRequest} and
 * {@link forwardUpgrade} forward them.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ExchangeTap, TapFactory } from "../exchange_tap.ts";
import { nextConnectionId, TapSource } from "../tap_source.ts";
import { forwardRequest } from "./forward/forward_request.ts";
import { forwardUpgrade, rawReply, type UpgradeRequest } from "./forward/forward_upgrade.ts";
import type { Forwarding, OutgoingRequest, OwnReply } from "./forward/forwarding.ts";
import { ignoreBrokenPeer } from "./forward/splice.ts";
import { type Upstream, urlOf } from "./forward/upstream.ts";
import { answer, type FetchHandler } from "./listener.ts";
import { bind, PROXY_SERVER_OPTIONS, ServerGroup, withoutLimits } from "./tracked_server.ts";

/** The head of a request at the relay. */
export interface RelayRequest {
  readonly method: string;
  /** As on the request line: path and query, not normalized. */
  readonly path: string;
  readonly rawHeaders: readonly string[];
  readonly isUpgrade: boolean;
}

/** A request to forward. */
export interface RelayForward {
  readonly request: OutgoingRequest;
  readonly failure: Forwarding["failure"];
  readonly renew?: Forwarding["renew"];
}

/** What to start. */
export interface RelayServerOptions {
  /**
   * Chooses where a request goes; `undefined` where the relay answers itself, by `handle`.
   *
   * @param signal aborted when the client goes away
   */
  readonly decide: (request: RelayRequest, signal: AbortSignal) => Promise<RelayForward | undefined>;
  /** Makes the answer for a decision that failed. */
  readonly refuse: (error: unknown) => Response;
  /** Answers what is not forwarded. */
  readonly handle: FetchHandler;
  readonly upstream: Upstream;
  readonly tap?: TapFactory;
  /** See {@link Forwarding.headTimeoutMs}. */
  readonly headTimeoutMs?: number;
  /** Called with the answer to a message of a client that is no valid request. */
  readonly refused?: (reply: OwnReply) => void;
  /** Receives the result of each exchange. */
  readonly finished?: (result: RelayResult) => void;
  /** Default 0: the system chooses. */
  readonly port?: number;
}

/** One exchange that the relay has forwarded or answered. */
export interface RelayResult {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Of the head of the response; 0 where the client broke off first. */
  readonly status: number;
  readonly isUpgrade: boolean;
}

/** A relay that listens on 127.0.0.1. */
export interface RelayServer {
  readonly port: number;
  /** Connections open now. */
  readonly connections: () => number;
  /** Stops listening and resolves when the last exchange has ended. */
  readonly drain: () => Promise<void>;
  /** Ends every connection and stops listening. */
  readonly close: () => Promise<void>;
}

/**
 * Starts a relay.
 *
 * @throws the error of the system if it cannot listen
 */
export async function startRelayServer(options: RelayServerOptions): Promise<RelayServer> {
  const { createServer } = await import("node:http");
  const relay = new Relay(options);
  const server = createServer(PROXY_SERVER_OPTIONS);
  withoutLimits(server);
  relay.group.add(server);
  const onRequest = (message: IncomingMessage, response: ServerResponse) =>
    void relay.request(message, response);
  server.on("request", onRequest);
  server.on("checkContinue", onRequest);
  server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Uint8Array) => {
    // First of all: a socket that is handed over has no listener, and a reset would end the process.
    socket.on("error", ignoreBrokenPeer);
    void relay.upgrade({ message, socket, head });
  });
  server.on("connect", (_message: IncomingMessage, socket: Duplex) => {
    socket.on("error", ignoreBrokenPeer);
    socket.end(
      rawReply({ status: 405, contentType: "text/plain", body: "This server is not a forward proxy\n" }),
    );
  });
  const port = await bind(server, options.port ?? 0, "127.0.0.1");
  relay.origin = `http://127.0.0.1:${port}`;
  return {
    port,
    connections: () => relay.group.connections,
    drain: () => relay.group.stopListening(),
    close: () => relay.group.close(),
  };
}

class Relay {
  readonly group: ServerGroup;
  origin = "http://127.0.0.1";
  readonly #options: RelayServerOptions;
  readonly #taps: TapSource;
  readonly #connections = new WeakMap<object, number>();

  constructor(options: RelayServerOptions) {
    this.#options = options;
    this.group = new ServerGroup(options.refused);
    this.#taps = new TapSource(options.tap);
  }

  /** Serves one request. Never rejects. */
  async request(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { decide, handle, refuse } = this.#options;
    response.on("error", ignoreBrokenPeer);
    const gone = new AbortController();
    const onClose = () => gone.abort(new Error("The client closed the connection"));
    response.once("close", onClose);
    const own = (handler: FetchHandler) => {
      response.once("finish", () => this.#finished(message, response.statusCode, false));
      return answer(message, response, this.origin, handler);
    };
    let forward: RelayForward | undefined;
    try {
      forward = await decide(requestOf(message, false), gone.signal);
    } catch (error) {
      return await own(() => refuse(error));
    } finally {
      response.off("close", onClose);
    }
    if (forward === undefined) return await own(handle);
    const status = await forwardRequest(
      message,
      response,
      forward.request,
      this.#forwarding(message, forward),
    );
    this.#finished(message, status, false);
  }

  /** Serves one upgrade. Never rejects. */
  async upgrade(upgrade: UpgradeRequest): Promise<void> {
    const { message, socket } = upgrade;
    const gone = new AbortController();
    socket.once("close", () => gone.abort(new Error("The client closed the connection")));
    let reply: Response;
    try {
      const forward = await this.#options.decide(requestOf(message, true), gone.signal);
      if (forward !== undefined) {
        const status = await forwardUpgrade(upgrade, forward.request, this.#forwarding(message, forward));
        return this.#finished(message, status, true);
      }
      const url = new URL(this.origin + (URL.parse(message.url ?? "/", this.origin)?.pathname ?? "/"));
      reply = await this.#options.handle(new Request(url));
    } catch (error) {
      reply = this.#options.refuse(error);
    }
    const { status } = reply;
    const contentType = reply.headers.get("content-type") ?? "text/plain";
    if (!socket.destroyed) socket.end(rawReply({ status, contentType, body: await reply.text() }));
    this.#finished(message, status, true);
  }

  #forwarding(message: IncomingMessage, { request, failure, renew }: RelayForward): Forwarding {
    const { upstream, headTimeoutMs } = this.#options;
    return {
      upstream,
      tap: this.#tap(message, request),
      failure,
      ...(renew === undefined ? {} : { renew }),
      ...(headTimeoutMs === undefined ? {} : { headTimeoutMs }),
    };
  }

  /** Makes the tap and reports the head as the client sent it, without credentials that are added later. */
  #tap(message: IncomingMessage, { origin, path }: OutgoingRequest): ExchangeTap {
    const { socket } = message;
    const connectionId = this.#connections.get(socket) ?? nextConnectionId();
    this.#connections.set(socket, connectionId);
    const tap = this.#taps.tap(connectionId);
    tap.head({
      direction: "request",
      at: performance.now(),
      rawHeaders: message.rawHeaders,
      method: message.method ?? "GET",
      url: urlOf(origin).origin + path,
    });
    return tap;
  }

  #finished(message: IncomingMessage, status: number, isUpgrade: boolean): void {
    const path = (message.url ?? "/").replace(/[?#].*$/s, "");
    this.#options.finished?.({ method: message.method ?? "GET", path, status, isUpgrade });
  }
}

function requestOf(message: IncomingMessage, isUpgrade: boolean): RelayRequest {
  return {
    method: message.method ?? "GET",
    path: message.url ?? "/",
    rawHeaders: message.rawHeaders,
    isUpgrade,
  };
}
