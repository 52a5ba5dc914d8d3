/**
 * A server for the ends of connections that are ours: one port for HTTP and websockets, with or without TLS, whose
 * connections can be broken on purpose. It is built on `node:http` and `ws`, because `Deno.serve` hides the socket:
 * it can neither send a reset, nor shape the refusal of an upgrade, nor give a close code such as 1008 (2.9.6).
 *
 * @module
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { MAX_HEAD_BYTES } from "./forward/head_limit.ts";
import { headerPairs } from "./forward/raw_headers.ts";
import { ignoreBrokenPeer, reset } from "./forward/splice.ts";
import { serveUpgrade, type UpgradeOffer } from "./served_websocket.ts";
import { bind, ServerGroup } from "./tracked_server.ts";

/** Certificate chain and key, PEM. */
export interface ServerIdentity {
  readonly certificate: string;
  readonly privateKey: string;
}

/** What to listen with. */
export interface ListenerOptions {
  /** Absent: no TLS. */
  readonly identity?: ServerIdentity;
  /** Default 127.0.0.1. */
  readonly hostname?: string;
  /** Default 0: the system chooses. */
  readonly port?: number;
  /**
   * Answers a request. Its signal is aborted when the client goes away first. A body stream that fails with
   * {@link ConnectionCut} resets the connection.
   */
  readonly handle: FetchHandler;
  /** Takes or refuses a websocket. Absent: an upgrade is answered like a plain GET. */
  readonly upgrade?: (request: Request, offer: UpgradeOffer) => void | Promise<void>;
}

/** Answers a request, as the `fetch` of a hono application does. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;

/** A server that listens. */
export interface Listener {
  readonly port: number;
  /** Connections open now. */
  readonly connections: () => number;
  /** Ends every connection at once and stops listening. */
  readonly close: () => Promise<void>;
}

/** Thrown by a body stream: the connection is to be broken at this point. */
export class ConnectionCut extends Error {
  override readonly name = "ConnectionCut";
  /** `reset`: by RST. `half-close`: by FIN in the middle of the body, while the other direction stays open. */
  readonly how: "reset" | "half-close";

  /** @param message what for, for the log */
  constructor(message: string, how: "reset" | "half-close" = "reset") {
    super(message);
    this.how = how;
  }
}

/**
 * Starts to listen.
 *
 * @param options certificate, address, handlers
 * @throws the error of the system if it cannot listen
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const server = await createServer(options.identity);
  const group = new ServerGroup();
  group.add(server);
  const origin = `${options.identity === undefined ? "http" : "https"}://127.0.0.1`;
  server.on("request", (message, response) => {
    void answer(message, response, origin, options.handle);
  });
  const { upgrade } = options;
  if (upgrade !== undefined) {
    server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Uint8Array) => {
      // First of all: a socket that is handed over has no listener, and a reset would end the process.
      socket.on("error", ignoreBrokenPeer);
      const offer = serveUpgrade(message, socket, head);
      const request = requestOf(message, origin);
      if (request === undefined) offer.refuse(400, { "content-type": "text/plain" }, UNUSABLE);
      else void takeUpgrade(upgrade, request, offer);
    });
  }
  const port = await bind(server, options.port ?? 0, options.hostname ?? "127.0.0.1");
  return { port, connections: () => group.connections, close: () => group.close() };
}

/** Runs the handler. If it fails, the connection is dropped, since what was written on it is not known here. */
async function takeUpgrade(
  upgrade: NonNullable<ListenerOptions["upgrade"]>,
  request: Request,
  offer: UpgradeOffer,
): Promise<void> {
  try {
    await upgrade(request, offer);
  } catch {
    offer.drop();
  }
}

async function createServer(identity: ServerIdentity | undefined): Promise<HttpServer> {
  if (identity === undefined) {
    return (await import("node:http")).createServer({ maxHeaderSize: MAX_HEAD_BYTES });
  }
  const { createServer } = await import("node:https");
  return createServer({
    maxHeaderSize: MAX_HEAD_BYTES,
    cert: identity.certificate,
    key: identity.privateKey,
    ALPNProtocols: ["http/1.1"],
  });
}

/** Sent with 400 for a request that the platform's `Request` cannot be made of. */
const UNUSABLE = "The target or the method of this request cannot be used\n";

/** Methods that the platform's `Request` refuses (https://fetch.spec.whatwg.org/#forbidden-method). */
const FORBIDDEN_METHOD = /^(?:connect|trace|track)$/i;

/** Returns the request of a message; `undefined` where its target is no URL or its method is forbidden. */
function requestOf(
  message: IncomingMessage,
  origin: string,
  body?: ReadableStream<Uint8Array<ArrayBuffer>>,
  signal?: AbortSignal,
): Request | undefined {
  const { method = "GET", url: target = "/" } = message;
  // Relative to the origin, the path of `//v1/responses` would be read as a host.
  const url = target.startsWith("/") ? URL.parse(origin + target) : URL.parse(target, origin);
  if (url === null || FORBIDDEN_METHOD.test(method)) return undefined;
  return new Request(url, {
    method,
    headers: headerPairs(message.rawHeaders),
    ...(body === undefined ? {} : { body, duplex: "half" }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/**
 * Answers a request of `node:http` with a handler of the platform's `Request` and `Response`. Never rejects.
 *
 * @param origin prepended to the path of the request
 */
export async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  origin: string,
  handle: FetchHandler,
): Promise<void> {
  const gone = new AbortController();
  message.on("error", ignoreBrokenPeer);
  response.on("error", ignoreBrokenPeer);
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  const hasBody = message.method !== "GET" && message.method !== "HEAD";
  try {
    const body = hasBody ? bodyOf(message) : undefined;
    const request = requestOf(message, origin, body, gone.signal);
    const reply = request === undefined
      ? new Response(UNUSABLE, { status: 400, statusText: "Bad Request" })
      : await handle(request);
    await writeReply(reply, response, gone.signal);
  } catch (error) {
    if (error instanceof ConnectionCut && error.how === "half-close") response.socket?.end();
    else if (error instanceof ConnectionCut || response.headersSent) reset(response.socket);
    else {
      response.writeHead(500, { "content-type": "text/plain" });
      response.end(error instanceof Error ? error.message : String(error));
    }
  }
}

function bodyOf(message: IncomingMessage): ReadableStream<Uint8Array<ArrayBuffer>> {
  return ReadableStream.from(async function* () {
    for await (const chunk of message) yield new Uint8Array(chunk);
  }());
}

async function writeReply(reply: Response, response: ServerResponse, gone: AbortSignal): Promise<void> {
  response.writeHead(reply.status, reply.statusText, [...reply.headers].flat());
  if (reply.body === null) {
    response.end();
    return;
  }
  response.flushHeaders();
  const reader = reply.body.getReader();
  const stop = () => void reader.cancel("the client went away").catch(ignoreBrokenPeer);
  gone.addEventListener("abort", stop, { once: true });
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done || gone.aborted) break;
      if (!response.write(value)) await drained(response, gone);
    }
  } finally {
    gone.removeEventListener("abort", stop);
  }
  response.end();
}

function drained(response: ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      response.off("drain", go);
      gone.removeEventListener("abort", go);
      resolve();
    };
    response.once("drain", go);
    gone.addEventListener("abort", go, { once: true });
    if (gone.aborted) go();
  });
}
