/**
 * One response over a websocket.
 *
 * @module
 */
import type { World } from "../../../world/world.ts";
import { IdleWatch } from "../idle_watch.ts";
import { parseEvent } from "../../events/parse_event.ts";
import { TIMINGS_EVENT } from "../../events/server_timings.ts";
import type { WebSocketConnection } from "./websocket_connection.ts";
import type { CompletedResponse, EventStream, ResponseHead } from "../transport.ts";

/** Options for reading a stream. */
export interface WebSocketStreamOptions {
  readonly world: World;
  /** Longest wait without a frame, ms. See {@link IdleWatch}. */
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
  /** Called once, with a connection whose response is complete; any other connection is dropped. */
  readonly keep: (connection: WebSocketConnection, response: CompletedResponse) => void;
}

/** Reads the frames of a response. */
export class WebSocketStream implements EventStream {
  readonly head: ResponseHead;
  readonly #connection: WebSocketConnection;
  readonly #options: WebSocketStreamOptions;
  readonly #stop = new AbortController();
  readonly #watch: IdleWatch;
  /** Set until it is known that the frames belong to this response and not to the previous one. */
  #mayHoldLeftovers: boolean;
  #released = false;

  /** @param connection over which the request was just sent */
  constructor(connection: WebSocketConnection, head: ResponseHead, options: WebSocketStreamOptions) {
    this.#connection = connection;
    this.head = head;
    this.#options = options;
    this.#mayHoldLeftovers = connection.last?.announced === true;
    this.#watch = new IdleWatch(options.world, options.idleTimeoutMs, (error) => this.#stop.abort(error));
    if (options.signal.aborted) this.#onAbort();
    else options.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  next = async (): Promise<readonly string[] | null> => {
    this.#watch.waiting();
    try {
      for (;;) {
        const texts = await this.#connection.channel.receive(this.#stop.signal);
        if (texts.length === 0) return null;
        this.#watch.heard();
        const own = this.#mayHoldLeftovers ? texts.filter(this.#isOwn) : texts;
        if (own.length > 0) return own;
      }
    } finally {
      this.#watch.resting();
    }
  };

  progressed = (): void => this.#watch.progressed();

  release = (completed?: CompletedResponse): void => {
    if (this.#released) return;
    this.#released = true;
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    this.#watch.stop();
    const { channel } = this.#connection;
    if (completed !== undefined && channel.isOpen) {
      this.#connection.rest();
      this.#options.keep(this.#connection, completed);
    } else {
      channel.drop();
    }
  };

  #onAbort = (): void => this.#stop.abort(this.#options.signal.reason);

  /**
   * Returns whether a frame belongs to this response. Frames that the server sent after the end of the
   * previous response do not. If it announces each response, a frame before the announcement does not belong
   * to this response, except for the kinds that may precede it. Ids cannot be used: deltas have none, and
   * simple servers repeat them.
   */
  #isOwn = (text: string): boolean => {
    if (!this.#mayHoldLeftovers) return true;
    const event = parseEvent(text)?.event;
    const name = event?.type === "other" ? event.name : event?.type ?? "";
    if (name === "response.created") this.#mayHoldLeftovers = false;
    if (name === TIMINGS_EVENT) return !this.#mayHoldLeftovers;
    return !name.startsWith("response.") || name === "response.created" || name === "response.failed" ||
      name === "response.metadata";
  };
}
