/**
 * Where a session keeps its websocket between turns.
 *
 * @module
 */
import type { WebSocketConnection } from "./websocket_connection.ts";

/** Holds at most one connection. */
export class ConnectionSlot {
  #kept: WebSocketConnection | undefined;
  #isClosed = false;

  /** Whether there is one. */
  get isTaken(): boolean {
    return this.#kept?.channel.isOpen === true;
  }

  /** Removes and returns the connection. */
  take(): WebSocketConnection | undefined {
    const kept = this.#kept;
    this.#kept = undefined;
    return kept;
  }

  /** Puts a connection in; one that is there already is dropped, and behind the end of the session this one is. */
  put(connection: WebSocketConnection): void {
    this.take()?.channel.drop();
    if (this.#isClosed) return connection.channel.drop();
    this.#kept = connection;
  }

  /** Drops what is kept, and from now on what is put in: a turn may end after its session. */
  close(): void {
    this.#isClosed = true;
    this.take()?.channel.drop();
  }
}
