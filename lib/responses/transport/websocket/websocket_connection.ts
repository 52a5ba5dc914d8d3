/**
 * A websocket that is kept between responses.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import type { WebSocketChannel } from "../../../net/websocket/websocket.ts";
import { describeRoute } from "../../../net/route/route.ts";
import type { World } from "../../../world/world.ts";
import type { LastExchange } from "./incremental.ts";
import type { ResponseHead } from "../transport.ts";

/** The server ends every connection after 60 minutes; this one is let go before, between two responses. */
const MAX_AGE_MS = 55 * 60_000;
/** A connection that rested for longer is asked whether it still lives before a request is trusted to it. */
const RESTED_MS = 5_000;
/** How long it may take to answer that, ms. */
const PING_LIMIT_MS = 3_000;

/** A connection and what the server knows on it. */
export class WebSocketConnection {
  readonly channel: WebSocketChannel;
  readonly #world: World;
  readonly #url: string;
  readonly #openedAt: number;
  #usedAt: number;
  #reused = false;
  /** The last exchange, while it can be continued. */
  last: LastExchange | undefined;

  /** @param url scheme, host and path */
  constructor(channel: WebSocketChannel, url: string, world: World) {
    this.channel = channel;
    this.#world = world;
    this.#url = url;
    this.#openedAt = this.#usedAt = world.monotonic();
  }

  /** The head of the response that comes next: the facts of the upgrade, told for each response. */
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

  /** It was opened before it is needed: whoever takes it later finds it there. */
  keepUnused(): void {
    this.#reused = true;
    this.rest();
  }

  /** A response is complete: from now on the connection rests. */
  rest(): void {
    this.#usedAt = this.#world.monotonic();
  }

  /**
   * Whether a request may be trusted to it. One that was closed, is about to reach its age, or has rested and
   * does not answer a ping is dropped here, and not found out by a request that waits in vain.
   */
  async isUsable(): Promise<boolean> {
    const now = this.#world.monotonic();
    if (!this.channel.isOpen || now - this.#openedAt > MAX_AGE_MS) return this.#drop();
    if (now - this.#usedAt <= RESTED_MS) return true;
    try {
      await this.channel.ping(PING_LIMIT_MS);
      return true;
    } catch (error) {
      // Whatever it died of, another one is opened in its place.
      if (!(error instanceof CulvertError)) throw error;
      return this.#drop();
    }
  }

  #drop(): false {
    this.channel.drop();
    return false;
  }
}
