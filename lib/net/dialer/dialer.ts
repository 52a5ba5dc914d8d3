/**
 * The one door out. A {@link Dialer} is made of the roots to trust and the routes to take; nothing else in the
 * program can open a connection.
 *
 * @module
 */
import type { TrustStore } from "../../trust/trust_store.ts";
import type { World } from "../../world/world.ts";
import type { Observer } from "../observer.ts";
import type { ReplyBody } from "./reply_body.ts";
import type { Route, RouteTable } from "../route/route.ts";

/** What a dialer is made of. There is no default for `trust` and `routes`. */
export interface DialerOptions {
  readonly trust: TrustStore;
  readonly routes: RouteTable;
  readonly world: World;
  readonly observer?: Observer;
  /** Sent unless a request brings its own. */
  readonly userAgent: string;
}

/** One HTTP exchange to make. */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Names of headers that no redirect takes to another origin, beside those that are known to be secret. */
  readonly secretHeaders?: readonly string[];
  /** Sent as it is, and again as it is on a redirect that keeps the body. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal;
  /** Time allowed until response headers are in, ms, redirects included. Failure: `header_timeout`. */
  readonly headerTimeoutMs?: number;
  /**
   * Time allowed for a connection to the first hop of the route (the server, or the proxy), ms. Failure:
   * `connect_timeout`. The runtime's client does not tell connecting from waiting, so a request that has no answer
   * after half of it is checked by a bare connection to the same place: when that cannot be made in the other half,
   * the request has none either. An origin that has answered before is not checked: a connection that was kept may
   * carry the request.
   */
  readonly connectTimeoutMs?: number;
}

/** What came back. Every status is a reply; only failures of the network throw. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Headers;
  /** Decoded bytes. Must be read to its end or cancelled. */
  readonly body: ReplyBody | null;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  /** How it got there. */
  readonly route: Route;
}

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

/** The one door out. */
export interface Dialer {
  readonly trust: TrustStore;
  readonly routes: RouteTable;
  /**
   * Makes one exchange, redirects followed, no retries.
   *
   * @throws CulvertError of the network and TLS codes, `proxy_invalid`, `redirect`; the signal's reason when
   *   the signal was aborted
   */
  readonly request: (request: HttpRequest) => Promise<HttpReply>;
  /**
   * Opens one websocket. Same roots, routes and errors as {@link Dialer.request}.
   *
   * @throws as {@link Dialer.request}
   */
  readonly openWebSocket: (request: WebSocketRequest) => Promise<WebSocketOutcome>;
  /** Closes pooled connections. */
  readonly close: () => void;
}
