/**
 * The types of the websocket client: what to open, the open channel, and the outcome of the handshake.
 *
 * @module
 */
import type { Route } from "../route/route.ts";

/** A websocket to open. */
export interface WebSocketRequest {
  /** `ws:` or `wss:`. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Subprotocols to offer, the preferred first (RFC 6455 §1.9). Default: none. */
  readonly subprotocols?: readonly string[];
  /** Whether permessage-deflate is offered (RFC 7692). Default true. */
  readonly offersCompression?: boolean;
  readonly signal?: AbortSignal;
  /** Time limit for DNS, TCP, proxy, TLS and upgrade together, ms. Failure: `connect_timeout`. */
  readonly connectTimeoutMs: number;
  /** Time limit for the answer to the upgrade, ms. Failure: `connect_timeout`. Default: no separate limit. */
  readonly upgradeTimeoutMs?: number;
  /** Largest message accepted, bytes after inflation. A larger one fails `receive` with `message_too_large`. */
  readonly maxMessageBytes?: number;
}

/** A message: a string for text, bytes for binary. */
export type WebSocketMessage = string | Uint8Array<ArrayBuffer>;

/** How a websocket ended (RFC 6455 §7.1.5, §7.1.6). */
export interface CloseInformation {
  /**
   * The code of the peer's close frame; 1005 for a frame without a code; 1006 if there was no close frame.
   */
  readonly code: number;
  /** The reason of the peer's close frame, as it was sent. */
  readonly reason: string;
  /** Whether both sides exchanged close frames. */
  readonly clean: boolean;
}

/** An open websocket. It has one reader at a time. */
export interface WebSocketChannel {
  /** Headers of the 101 reply. */
  readonly headers: Headers;
  readonly route: Route;
  /** The subprotocol that the server selected from the offered ones. */
  readonly subprotocol: string | undefined;
  /** Whether messages can still be sent, as far as it is known without sending one. */
  readonly isOpen: boolean;
  /** How it ended; `undefined` while it is open, and after {@link WebSocketChannel.drop}. */
  readonly closeInformation: CloseInformation | undefined;
  /**
   * Sends one message. Resolves when its frame is handed to the system.
   *
   * @throws CulvertError `reset` or `websocket`
   */
  readonly send: (message: string | Uint8Array) => Promise<void>;
  /**
   * Returns the text messages that have arrived, at least one; waits for the first. Empty if the peer closed
   * with 1000 or without a code. Without a pending call, only a small bounded buffer is filled from the
   * socket.
   *
   * @throws CulvertError `reset` if the connection was cut, `websocket` for a binary message, another close
   * code or a protocol error (`close_code` and `close_reason` in `details`), `message_too_large`; the
   * signal's reason
   */
  readonly receive: (signal?: AbortSignal) => Promise<readonly string[]>;
  /**
   * Returns the messages that have arrived, text and binary in their order; else like
   * {@link WebSocketChannel.receive}.
   *
   * @throws as {@link WebSocketChannel.receive}, but not for binary messages
   */
  readonly receiveMessages: (signal?: AbortSignal) => Promise<readonly WebSocketMessage[]>;
  /**
   * Sends a ping and waits for its pong.
   *
   * @param limitMs time limit, ms
   * @throws CulvertError `idle_timeout` if no pong arrived in time; `reset` or `websocket`
   */
  readonly ping: (limitMs: number) => Promise<void>;
  /**
   * Closes with a close handshake (RFC 6455 §7.1.2): sends a close frame, waits for the peer's and closes the
   * connection. Messages that arrive meanwhile are discarded. Does nothing on a websocket that has ended.
   *
   * @param code 1000 to 1014 (not 1004 to 1006), or 3000 to 4999. Default 1000.
   * @param reason up to 123 bytes of UTF-8; a longer one is truncated. Default: none.
   * @param limitMs time limit for the peer's close frame, ms. Default 2,000.
   * @returns how it ended; `clean` is false if the peer's close frame did not arrive in time
   * @throws RangeError for another code
   */
  readonly close: (code?: number, reason?: string, limitMs?: number) => Promise<CloseInformation>;
  /** Closes the connection immediately, without a close handshake. */
  readonly drop: () => void;
}

/**
 * The outcome of a handshake. A refusal is a result and not an exception, because callers need its status and
 * headers.
 */
export type WebSocketOutcome =
  | { readonly kind: "open"; readonly channel: WebSocketChannel }
  | {
    readonly kind: "refused";
    readonly status: number;
    readonly headers: Headers;
    /** The body as text, at most 64 KiB. */
    readonly body: string;
    readonly route: Route;
  };
