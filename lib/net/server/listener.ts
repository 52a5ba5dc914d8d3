/**
 * A small server for our own ends of the line: one port for HTTP and websockets, TLS or not, whose connections
 * can be broken on purpose. It stands on `node:https` and `ws` because `Deno.serve` hides the socket:
 * with it a reset cannot be sent, a refusal of an upgrade cannot be shaped and a close code such as 1008 cannot
 * be given (2.9.6).
 *
 * @module
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { servesOnSockets } from "./serves_on_sockets.ts";
import { serveUpgrade, type UpgradeOffer } from "./served_websocket.ts";

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
  readonly handle: (request: Request) => Response | Promise<Response>;
  /** Takes or refuses a websocket. Absent: an upgrade is answered as the plain GET it came with. */
  readonly upgrade?: (request: Request, offer: UpgradeOffer) => void | Promise<void>;
}

/** A server that listens. */
export interface Listener {
  readonly port: number;
  /** Connections open now. */
  readonly connections: () => number;
  /** Ends every connection at once and stops listening. */
  readonly close: () => Promise<void>;
}

/** Thrown by a body stream: the connection is to be reset (RST) where it stands. */
export class ConnectionCut extends Error {
  override readonly name = "ConnectionCut";
}

/**
 * Starts to listen.
 *
 * @param options certificate, address, handlers
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const server = await createServer(options.identity);
  const sockets = new Set<Socket>();
  const origin = `${options.identity === undefined ? "http" : "https"}://127.0.0.1`;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", ignoreBrokenPeer);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("secureConnection", (socket: Socket) => socket.on("error", ignoreBrokenPeer));
  server.on("clientError", (_error: Error, socket: Duplex) => socket.destroy());
  server.on("request", (message, response) => {
    void answer(message, response, origin, options.handle);
  });
  const { upgrade } = options;
  if (upgrade !== undefined) {
    server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Uint8Array) => {
      // Before anything else: a socket handed over here has no guard, and a reset would end the process.
      socket.on("error", ignoreBrokenPeer);
      const offer = serveUpgrade(message, socket, head);
      void takeUpgrade(upgrade, requestOf(message, origin), offer);
    });
  }
  const port = await bind(server, options.port ?? 0, options.hostname ?? "127.0.0.1");
  return {
    port,
    connections: () => sockets.size,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      // Otherwise its connections cannot be ended from here, and it would wait for their peers.
      if (await servesOnSockets()) await closed;
    },
  };
}

/** A handler that fails ends the connection: what stands on it by then, HTTP or websocket, cannot be known here. */
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

/** Listens and tells the port that was given. */
export function bind(server: Server, port: number, hostname: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => {
      server.off("error", reject);
      const address: AddressInfo | string | null = server.address();
      if (address === null || typeof address === "string") reject(new Error("The server has no port"));
      else resolve(address.port);
    });
  });
}

async function createServer(identity: ServerIdentity | undefined): Promise<HttpServer> {
  if (identity === undefined) return (await import("node:http")).createServer();
  const { createServer } = await import("node:https");
  return createServer({
    cert: identity.certificate,
    key: identity.privateKey,
    ALPNProtocols: ["http/1.1"],
  });
}

/**
 * For sockets whose peer may go away at any time: what is to be known of that is learnt from `close`, but
 * without a listener the `error` event would end the process.
 */
export function ignoreBrokenPeer(): void {}

function requestOf(
  message: IncomingMessage,
  origin: string,
  body?: ReadableStream<Uint8Array<ArrayBuffer>>,
  signal?: AbortSignal,
): Request {
  const headers = new Headers();
  for (let at = 0; at + 1 < message.rawHeaders.length; at += 2) {
    headers.append(message.rawHeaders[at] ?? "", message.rawHeaders[at + 1] ?? "");
  }
  return new Request(new URL(message.url ?? "/", origin), {
    method: message.method ?? "GET",
    headers,
    ...(body === undefined ? {} : { body, duplex: "half" }),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  origin: string,
  handle: ListenerOptions["handle"],
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
    const reply = await handle(requestOf(message, origin, body, gone.signal));
    await writeReply(reply, response, gone.signal);
  } catch (error) {
    if (error instanceof ConnectionCut || response.headersSent) reset(response.socket);
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
  // One by one: Deno 2.4.2 does not take a flat list of several.
  for (const [name, value] of reply.headers) response.appendHeader(name, value);
  response.writeHead(reply.status, reply.statusText);
  response.flushHeaders();
  if (reply.body === null) {
    response.end();
    return;
  }
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

/** Sends RST where the runtime can, and closes at once where it cannot. */
export function reset(socket: Duplex | null): void {
  if (socket === null) return;
  if ("resetAndDestroy" in socket && typeof socket.resetAndDestroy === "function") socket.resetAndDestroy();
  else socket.destroy();
}
