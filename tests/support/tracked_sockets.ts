import type net from "node:net";

/** The open sockets of a test server. Errors of a socket end it: peers of the tests close at any time. */
export class TrackedSockets {
  readonly #open = new Set<net.Socket>();

  /** Number of open sockets. */
  get size(): number {
    return this.#open.size;
  }

  /** Adds a socket until it closes. */
  readonly track = (socket: net.Socket): void => {
    this.#open.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#open.delete(socket));
  };

  /** Destroys all open sockets. */
  destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
