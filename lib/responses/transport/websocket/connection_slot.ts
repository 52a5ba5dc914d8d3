/**
 * Stores the websocket of a session between turns.
 *
 * @module
 */
import type { WebSocketConnection } from "./websocket_connection.ts";

/** Stores at most one connection. */
export class ConnectionSlot {
  #kept: WebSocketConnection | undefined;
  #isClosed = false;

  /** Whether a connection is stored. */
  get isTaken(): boolean {
    return this.#kept?.channel.isOpen === true;
  }

  /** Removes and returns the connection. */
  take(): WebSocketConnection | undefined {
    const kept = this.#kept;
    this.#kept = undefined;
    return kept;
  }

  /**
   * Stores a connection. One that is already stored is dropped; after the end of the session the new one is
   * dropped.
   */
  put(connection: WebSocketConnection): void {
    this.take()?.channel.drop();
    if (this.#isClosed) return connection.channel.drop();
    this.#kept = connection;
  }

  /** Drops the stored connection, and every later one, since a turn may end after its session. */
  close(): void {
    this.#isClosed = true;
    this.take()?.channel.drop();
  }
}
