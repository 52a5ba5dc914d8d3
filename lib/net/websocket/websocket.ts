/**
 * The types of a websocket client: what to open, the open channel, and the outcome of the handshake.
 *
 * @module
 */
import type { Route } from "../route/route.ts";

/** One websocket to open. */
export interface WebSocketRequest {
  /** `ws:` or `wss:`. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Time allowed for DNS, proxy, TLS and upgrade together, ms. Failure: `connect_timeout`. */
  readonly connectTimeoutMs: number;
  /** Largest message accepted, bytes after inflation. A larger one fails `receive` with `message_too_large`. */
  readonly maxMessageBytes?: number;
}

/** A websocket that is open. */
export interface WebSocketChannel {
  /** Headers of the 101 reply. */
  readonly headers: Headers;
  readonly route: Route;
  /** Whether both sides can still talk, as far as is known without sending. */
  readonly isOpen: boolean;
  /** Resolves when the frame is handed to the system; rejects with `reset` or `websocket` when it cannot be. */
  readonly send: (text: string) => Promise<void>;
  /**
   * The text messages that have arrived, at least one; waits for the first. Empty when the peer closed in good
   * order. Nothing is read from the socket while nobody asks, beyond a small bounded buffer.
   *
   * @throws CulvertError `reset` when the socket broke, `websocket` for a binary frame or a protocol error (close
   *   code and reason in `details`), `message_too_large`; the signal's reason when aborted
   */
  readonly receive: (signal?: AbortSignal) => Promise<readonly string[]>;
  /** Sends a ping and resolves when its pong came; rejects with `idle_timeout` after `limitMs`. */
  readonly ping: (limitMs: number) => Promise<void>;
  /** Lets go of the socket at once, without a close handshake. */
  readonly drop: () => void;
}

/** What became of an upgrade. A refusal is an answer, not an exception: its status and headers matter. */
export type WebSocketOutcome =
  | { readonly kind: "open"; readonly channel: WebSocketChannel }
  | {
    readonly kind: "refused";
    readonly status: number;
    readonly headers: Headers;
    /** At most 64 KiB, as text. */
    readonly body: string;
    readonly route: Route;
  };
