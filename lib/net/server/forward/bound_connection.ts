/**
 * Connections to origins that are used again, each by one connection of a client: what a client saves by keeping its
 * connection, the TCP and TLS handshakes, it saves through a proxy too. There is no pool that clients share: pooled TLS
 * sockets were seen to hang after aborted requests (Deno 2.9.6), and a connection whose exchange did not complete is
 * closed here.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import { ignoreBrokenPeer } from "./splice.ts";
import type { Origin, Upstream } from "./upstream.ts";

/** A connection to an origin. */
export interface BoundConnection {
  readonly socket: Duplex;
  /** Whether an exchange has passed on it before. The origin may have closed it meanwhile (RFC 9112 §9.3.1). */
  readonly isReused: boolean;
}

/** The idle connection of each connection of a client. */
const idle = new WeakMap<object, IdleConnection>();

/** Takes the idle connection of a client where it has one to the origin, and opens one otherwise. @throws as `open` */
export async function acquireConnection(
  client: object,
  origin: Origin,
  upstream: Upstream,
  signal: AbortSignal,
): Promise<BoundConnection> {
  const kept = idle.get(client);
  idle.delete(client);
  const socket = kept?.take(origin);
  if (socket !== undefined) return { socket, isReused: true };
  const opened = await upstream.open(origin, signal);
  opened.on("error", ignoreBrokenPeer);
  return { socket: opened, isReused: false };
}

/** Keeps a connection, on which an exchange has completed, for the next request of the client. */
export function releaseConnection(client: Duplex, origin: Origin, socket: Duplex): void {
  idle.get(client)?.close();
  const kept = new IdleConnection(client, origin, socket);
  idle.set(client, kept);
}

class IdleConnection {
  readonly #client: Duplex;
  readonly #origin: Origin;
  readonly #socket: Duplex;
  readonly close = (): void => {
    this.#client.off("close", this.close);
    this.#socket.destroy();
  };

  constructor(client: Duplex, origin: Origin, socket: Duplex) {
    this.#client = client;
    this.#origin = origin;
    this.#socket = socket;
    // `node:http` adds one for each exchange.
    socket.removeAllListeners("error");
    socket.on("error", ignoreBrokenPeer);
    // Nothing may come now. The end shows only to who reads.
    socket.on("data", this.close);
    socket.once("end", this.close);
    socket.resume();
    client.once("close", this.close);
    if (client.destroyed) this.close();
  }

  /** Ends the idle time. Returns the connection where it is to the origin and open. */
  take(origin: Origin): Duplex | undefined {
    const socket = this.#socket;
    const { host, port, isSecure } = this.#origin;
    const isSame = host === origin.host && port === origin.port && isSecure === origin.isSecure;
    if (socket.destroyed || !isSame) {
      this.close();
      return undefined;
    }
    this.#client.off("close", this.close);
    socket.off("data", this.close);
    socket.off("end", this.close);
    return socket;
  }
}
