/**
 * A websocket that stays open between responses.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import type { WebSocketChannel } from "../../../net/websocket/websocket.ts";
import { describeRoute } from "../../../net/route/route.ts";
import type { World } from "../../../world/world.ts";
import type { LastExchange } from "./incremental.ts";
import type { ResponseHead } from "../transport.ts";

/**
 * Age from which a connection is not used for another response, ms. The server ends every connection after 60
 * minutes.
 */
const MAX_AGE_MS = 55 * 60_000;
/** Idle time after which a connection is pinged before a request is sent over it, ms. */
const UNUSED_MS = 5_000;
/** Longest wait for the answer to that ping, ms. */
const PING_LIMIT_MS = 3_000;
/** The header with the size limit of a request, bytes (codex client 0.171.0). */
const MESSAGE_LIMIT = "x-codex-websocket-max-message-bytes";

/** A connection and its last exchange, which the server can continue. */
export class WebSocketConnection {
  readonly channel: WebSocketChannel;
  /** The extra headers of the upgrade; a request with other headers needs a separate connection. */
  readonly extraHeaders: string;
  /** Longest request frame that the server accepts, bytes; `undefined` if it stated none. */
  readonly maxRequestBytes: number | undefined;
  readonly #world: World;
  readonly #url: string;
  readonly #openedAt: number;
  #usedAt: number;
  #reused = false;
  /** The last exchange, while it can be continued. */
  last: LastExchange | undefined;

  /** @param url scheme, host and path */
  constructor(channel: WebSocketChannel, url: string, extraHeaders: string, world: World) {
    this.channel = channel;
    this.extraHeaders = extraHeaders;
    this.#world = world;
    this.#url = url;
    this.#openedAt = this.#usedAt = world.monotonic();
    const limit = channel.headers.get(MESSAGE_LIMIT)?.trim() ?? "";
    this.maxRequestBytes = /^[1-9]\d{0,14}$/.test(limit) ? Number(limit) : undefined;
  }

  /** Returns the head of the next response: the facts of the upgrade, repeated for each response. */
  head(): ResponseHead {
    const { channel } = this;
    const head: ResponseHead = {
      transport: "websocket",
      url: this.#url,
      route: describeRoute(channel.route),
      headers: channel.headers,
      reused: this.#reused,
    };
    this.#reused = true;
    return head;
  }

  /** Marks a connection that was opened before it is needed: its first response counts as one on a reused connection. */
  keepUnused(): void {
    this.#reused = true;
    this.rest();
  }

  /** Marks the time since which the connection is unused. */
  rest(): void {
    this.#usedAt = this.#world.monotonic();
  }

  /**
   * Returns whether a request can be sent. A connection that was closed, is close to the age at which the server ends
   * it, or was unused and does not answer a ping is dropped.
   */
  async isUsable(): Promise<boolean> {
    const now = this.#world.monotonic();
    if (!this.channel.isOpen || now - this.#openedAt > MAX_AGE_MS) return this.#drop();
    if (now - this.#usedAt <= UNUSED_MS) return true;
    try {
      await this.channel.ping(PING_LIMIT_MS);
      return true;
    } catch (error) {
      // A new connection is opened instead, for any reason of the close.
      if (!(error instanceof CulvertError)) throw error;
      return this.#drop();
    }
  }

  #drop(): false {
    this.channel.drop();
    return false;
  }
}
