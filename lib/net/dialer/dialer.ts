/**
 * The dialer: the only part of the program that opens connections. It is built from the roots to trust and
 * the routes to use.
 *
 * @module
 */
import type { TrustStore } from "../../trust/trust_store.ts";
import type { World } from "../../world/world.ts";
import type { ClientIdentity } from "../client_identity.ts";
import type { TapFactory } from "../exchange_tap.ts";
import type { Observer } from "../observer.ts";
import type { ReplyBody } from "./reply_body.ts";
import type { Route, RouteTable } from "../route/route.ts";
import type { TcpParts } from "../tunnel/dial_tcp.ts";
import type { ByteStream, StreamOptions, StreamTarget } from "../tunnel/byte_stream.ts";
import type { WebSocketOutcome, WebSocketRequest } from "../websocket/websocket.ts";

/** The parts that a dialer is built from. There is no default for `trust` and `routes`. */
export interface DialerOptions {
  readonly trust: TrustStore;
  readonly routes: RouteTable;
  readonly world: World;
  readonly observer?: Observer;
  /** Creates the tap of each HTTP exchange and each websocket. Byte streams are not tapped. */
  readonly tap?: TapFactory;
  /** Presented to servers and proxies that request a client certificate. */
  readonly identity?: ClientIdentity | undefined;
  /** The `User-Agent` of requests that do not set one. */
  readonly userAgent: string;
  /**
   * Resolves names and opens TCP connections for {@link Dialer.connect} and {@link Dialer.openWebSocket}.
   * Default: the system's. A simulated network resolves its own names.
   */
  readonly tcp?: TcpParts;
}

/** One HTTP exchange to make. */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Sent again on a redirect that keeps the body. To another origin it is not sent, and a stream cannot be sent again:
   * such a redirect fails with `redirect`.
   */
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
   * Length of a body that is a stream, bytes. The request then has a `Content-Length` and a separate
   * connection, and {@link HttpRequest.headerTimeoutMs} is the longest time without progress. Default: a
   * stream is sent in chunks.
   */
  readonly bodySize?: number;
  /** Called with the bytes sent so far of a body with {@link HttpRequest.bodySize}. */
  readonly onSent?: (bytes: number) => void;
  /** `manual` returns a redirect to the caller, `error` fails with `redirect`. Default: it is followed. */
  readonly redirect?: "follow" | "manual" | "error";
  readonly signal?: AbortSignal;
  /**
   * Time limit until the response headers have been received, ms, redirects included. Failure:
   * `header_timeout`.
   */
  readonly headerTimeoutMs?: number;
  /**
   * Time limit for DNS, TCP, proxy and TLS together, ms. Default 15,000. Failure: `connect_timeout`, with the
   * stage in its details. The client of the runtime does not distinguish connecting from waiting, so for a
   * request without an answer after 3 s (or half of the time) a second connection is made over the same
   * route: if it is not complete within the remaining time, the request is assumed to have no connection
   * either. An origin that has answered before is not checked: a pooled connection may carry the request.
   */
  readonly connectTimeoutMs?: number;
}

/** The answer. A reply can have any status; only network failures throw. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Headers;
  /** The decoded bytes. The body must be read to its end or cancelled. */
  readonly body: ReplyBody | null;
  /** The URL that sent this reply, after redirects. */
  readonly url: URL;
  /** The route to that URL. */
  readonly route: Route;
}

/** Opens connections: HTTP exchanges, websockets and byte streams. */
export interface Dialer {
  readonly trust: TrustStore;
  readonly routes: RouteTable;
  /**
   * Makes one exchange. Redirects are followed, failures are not retried.
   *
   * @throws CulvertError of the network and TLS codes, `proxy_invalid`, `redirect`; the signal's reason if
   * the signal was aborted
   */
  readonly request: (request: HttpRequest) => Promise<HttpReply>;
  /**
   * Opens one websocket, with the same roots, routes and errors as {@link Dialer.request}.
   *
   * @throws as {@link Dialer.request}
   */
  readonly openWebSocket: (request: WebSocketRequest) => Promise<WebSocketOutcome>;
  /**
   * Opens a byte stream: a raw connection with the same roots and routes, with TLS or without. Through an
   * HTTP proxy it is a CONNECT tunnel in both cases.
   *
   * @throws as {@link Dialer.request}; `connect_timeout` with the stage in its details
   */
  readonly connect: (target: StreamTarget, options: StreamOptions) => Promise<ByteStream>;
  /** Closes pooled connections. */
  readonly close: () => void;
}
