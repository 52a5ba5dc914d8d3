/**
 * Servers whose connections can be counted and ended.
 *
 * @module
 */
import type { IncomingMessage, Server as HttpServer } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { OwnReply } from "./forward/forwarding.ts";
import { rawReply } from "./forward/forward_upgrade.ts";
import { hasBody } from "./forward/framing.ts";
import { isHeadTooLong, isParserError, MAX_HEAD_BYTES, refusalReason } from "./forward/head_limit.ts";
import { ignoreBrokenPeer } from "./forward/splice.ts";

/** How often connections that became idle are closed by a server that has stopped listening, ms. */
const IDLE_CHECK_MS = 200;

/** Time that a server has to close after its connections were ended, ms. */
const CLOSE_LIMIT_MS = 3_000;

/** Servers that are closed together. */
export class ServerGroup {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Duplex>();
  readonly #onRefusal: (reply: OwnReply) => void;

  /** @param onRefusal called with the answer to a message that is no valid request. No handler of the server sees it */
  constructor(onRefusal: (reply: OwnReply) => void = () => {}) {
    this.#onRefusal = onRefusal;
  }

  /** Connections open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Takes a server in, before it listens. A client that breaks off, or does not speak HTTP, does no harm. */
  add(server: Server): void {
    this.#servers.push(server);
    server.on("connection", (socket: Socket) => {
      this.track(socket);
      socket.setNoDelay(true);
    });
    server.on("secureConnection", (socket: Socket) => socket.on("error", ignoreBrokenPeer));
    server.on("clientError", (error: Error, socket: Duplex) => {
      const reply = refusalOf(error, socket);
      if (reply === undefined) return void socket.destroy();
      this.#onRefusal(reply);
      socket.end(rawReply(reply));
    });
  }

  /** Takes in a connection of its own. */
  track(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on("error", ignoreBrokenPeer);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  /** Stops listening. Open connections go on, and are closed once they are idle. Resolves when all are closed. */
  async stopListening(): Promise<void> {
    await Promise.all(this.#servers.map((server) =>
      new Promise<void>((resolve) => {
        const closeIdle = () => {
          if ("closeIdleConnections" in server && typeof server.closeIdleConnections === "function") {
            server.closeIdleConnections();
          }
        };
        const timer = setInterval(closeIdle, IDLE_CHECK_MS);
        // The connections keep the process alive while they are open, the check alone does not.
        Deno.unrefTimer(timer);
        server.close(() => {
          clearInterval(timer);
          resolve();
        });
        closeIdle();
      })
    ));
  }

  /**
   * Stops listening and ends every connection at once. Resolves after {@link CLOSE_LIMIT_MS} at the latest: a
   * connection that a server holds and does not tell of would keep it open for good.
   */
  async close(): Promise<void> {
    const closed = this.stopListening();
    for (const socket of this.#sockets) socket.destroy();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const limit = new Promise<void>((resolve) => timer = setTimeout(resolve, CLOSE_LIMIT_MS));
    await Promise.race([closed, limit]);
    clearTimeout(timer);
  }
}

/**
 * Returns the answer to a message that is no valid request; `undefined` where none can be given: the connection broke
 * off, or has the response to an earlier request under way, which the answer would become a part of.
 */
function refusalOf(error: Error, socket: Duplex): OwnReply | undefined {
  // `node:http` calls the response that a connection has under way so, and checks it in the same case.
  const isBusy = "_httpMessage" in socket && socket._httpMessage !== null;
  if (!isParserError(error) || !socket.writable || isBusy) return undefined;
  return {
    status: isHeadTooLong(error) ? 431 : 400,
    contentType: "text/plain",
    body: `${refusalReason("request", error)}\n`,
  };
}

/**
 * Listens.
 *
 * @param port 0: the system chooses
 * @returns the port
 * @throws the error of the system, such as `EADDRINUSE`
 */
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

/**
 * Removes the limits of `node:http` on the number of fields and on time: a proxy must not end an upload that is slow, a connection that waits for
 * a model, nor one that a client keeps for its next request. `node:http` would close the latter after 5 s, which is
 * sooner than clients expect of the real servers.
 */
export function withoutLimits(server: HttpServer): void {
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  server.timeout = 0;
  // More than 2,000 fields would be dropped without a word. The length of a head is limited.
  server.maxHeadersCount = 0;
}

/**
 * Options of a server that takes over websockets only, which begin with a GET without a body (RFC 6455 §4.1). Any other
 * request that offers a protocol, such as the `h2c` of Java's client, is served as the request that it is (RFC 9110
 * §7.8).
 */
export const PROXY_SERVER_OPTIONS = {
  maxHeaderSize: MAX_HEAD_BYTES,
  shouldUpgradeCallback: (message: IncomingMessage): boolean =>
    message.method === "GET" && message.headers.upgrade?.toLowerCase() === "websocket" && !hasBody(message),
};
