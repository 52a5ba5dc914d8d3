/**
 * Where a session keeps its websocket between turns.
 *
 * @module
 */
import type { WebSocketConnection } from "./websocket_connection.ts";

/** Holds at most one connection. */
export class ConnectionSlot {
  #kept: WebSocketConnection | undefined;

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

  /** Puts a connection in; one that is there already is dropped. */
  put(connection: WebSocketConnection): void {
    this.#kept?.channel.drop();
    this.#kept = connection;
  }

  /** Drops what is kept. */
  clear(): void {
    this.take()?.channel.drop();
  }
}
