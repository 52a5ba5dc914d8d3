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
  /** Time allowed for name, TCP, proxy, TLS and upgrade together, ms. Failure: `connect_timeout`. */
  readonly connectTimeoutMs: number;
  /** Time allowed for the answer to the upgrade alone, ms. Failure: `connect_timeout`. Default: no limit of its own. */
  readonly upgradeTimeoutMs?: number;
  /** Largest message accepted, bytes after inflation. A larger one fails `receive` with `message_too_large`. */
  readonly maxMessageBytes?: number;
}

/** A message: text as a string, binary as bytes. */
export type WebSocketMessage = string | Uint8Array<ArrayBuffer>;

/** How a websocket ended (RFC 6455 §7.1.5, §7.1.6). */
export interface CloseInformation {
  /** The code of the peer's close frame; 1005 for a frame without a code; 1006 where no close frame came. */
  readonly code: number;
  /** The reason of the peer's close frame, as it was sent. */
  readonly reason: string;
  /** Whether both sides exchanged close frames. */
  readonly clean: boolean;
}

/** A websocket that is open. One reader at a time. */
export interface WebSocketChannel {
  /** Headers of the 101 reply. */
  readonly headers: Headers;
  readonly route: Route;
  /** The subprotocol that the server chose of those that were offered. */
  readonly subprotocol: string | undefined;
  /** Whether messages can still be sent, as far as is known without sending. */
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
   * Returns the text messages that have arrived, at least one; waits for the first. Empty when the peer closed with
   * 1000 or without a code. Nothing is read from the socket while nobody asks, beyond a small bounded buffer.
   *
   * @throws CulvertError `reset` when the connection was cut, `websocket` for a binary message, another close code or
   *   a protocol error (`close_code` and `close_reason` in `details`), `message_too_large`; the signal's reason
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
   * @param limitMs time allowed, ms
   * @throws CulvertError `idle_timeout` when no pong came in time; `reset` or `websocket`
   */
  readonly ping: (limitMs: number) => Promise<void>;
  /**
   * Closes with a close handshake (RFC 6455 §7.1.2): sends a close frame, waits for the peer's and closes the
   * connection. Messages that arrive meanwhile are discarded. Does nothing on a websocket that has ended.
   *
   * @param code 1000 to 1014 (not 1004 to 1006), or 3000 to 4999. Default 1000.
   * @param reason up to 123 bytes of UTF-8; what is longer is cut. Default: none.
   * @param limitMs time allowed for the peer's close frame, ms. Default 2,000.
   * @returns how it ended; `clean` is false where the peer's close frame did not come in time
   * @throws RangeError for another code
   */
  readonly close: (code?: number, reason?: string, limitMs?: number) => Promise<CloseInformation>;
  /** Closes the connection at once, without a close handshake. */
  readonly drop: () => void;
}

/** The outcome of a handshake. A refusal is an answer and not an exception: its status and headers matter. */
export type WebSocketOutcome =
  | { readonly kind: "open"; readonly channel: WebSocketChannel }
  | {
    readonly kind: "refused";
    readonly status: number;
    readonly headers: Headers;
    /** As text, at most 64 KiB. */
    readonly body: string;
    readonly route: Route;
  };
