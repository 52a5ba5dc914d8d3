/**
 * One response over HTTP, as server-sent events.
 *
 * @module
 */
import { asCulvertError, CulvertError } from "../../../errors.ts";
import type { HttpReply } from "../../../net/dialer/dialer.ts";
import type { ReplyBody } from "../../../net/dialer/reply_body.ts";
import { describeRoute } from "../../../net/route/route.ts";
import type { World } from "../../../world/world.ts";
import { type BodyDrainer, ignoreClosing } from "./body_drainer.ts";
import { IdleWatch } from "../idle_watch.ts";
import { SseDecoder } from "./sse_decoder.ts";
import { shownUrl } from "../../request/url.ts";
import {
  type CompletedResponse,
  type EventStream,
  MAX_EVENT_LENGTH,
  type ResponseHead,
} from "../transport.ts";

/** How a stream is read. */
export interface SseOptions {
  readonly world: World;
  /** Longest wait without a byte, ms. See {@link IdleWatch}. */
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
  /** Reads the rest of a body whose response is complete. */
  readonly drainer: BodyDrainer;
}

/** Reads the body of a reply event by event. */
export class SseStream implements EventStream {
  readonly head: ResponseHead;
  readonly #body: ReplyBody;
  readonly #decoder: SseDecoder;
  readonly #signal: AbortSignal;
  readonly #watch: IdleWatch;
  readonly #drainer: BodyDrainer;
  #stopped: unknown;
  #released = false;

  /** @param reply a 2xx reply with a body */
  constructor(reply: HttpReply, body: ReplyBody, options: SseOptions) {
    this.head = {
      transport: "sse",
      url: shownUrl(reply.url),
      route: describeRoute(reply.route),
      headers: reply.headers,
      reused: false,
    };
    this.#body = body;
    this.#signal = options.signal;
    this.#drainer = options.drainer;
    this.#decoder = new SseDecoder(MAX_EVENT_LENGTH);
    this.#watch = new IdleWatch(options.world, options.idleTimeoutMs, (error) => this.#stop(error));
    if (this.#signal.aborted) this.#onAbort();
    else this.#signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  next = async (): Promise<readonly string[] | null> => {
    this.#watch.waiting();
    try {
      for (;;) {
        const bytes = await this.#read();
        if (bytes === undefined) {
          const last = this.#decoder.finish();
          return last.length === 0 ? null : last;
        }
        this.#watch.heard();
        const texts = this.#decoder.push(bytes);
        if (texts.length > 0) return texts;
      }
    } finally {
      this.#watch.resting();
    }
  };

  progressed = (): void => this.#watch.progressed();

  get otherText(): string | undefined {
    return this.#decoder.otherText;
  }

  /**
   * Reads the rest of a complete response, so that the next request can use the connection. Any other body is
   * cancelled, which stops a server that continues to send.
   */
  release = (completed?: CompletedResponse): void => {
    if (this.#released) return;
    this.#released = true;
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#watch.stop();
    if (completed !== undefined && this.#stopped === undefined) this.#drainer.drain(this.#body);
    else this.#body.cancel().catch(ignoreClosing);
  };

  #onAbort = (): void => this.#stop(this.#signal.reason);

  /** Cancels the body. A read that waits ends, and throws the reason. */
  #stop(reason: unknown): void {
    this.#stopped ??= reason;
    this.#body.cancel(reason).catch(ignoreClosing);
  }

  async #read(): Promise<Uint8Array | undefined> {
    try {
      const bytes = await this.#body.read();
      if (this.#stopped !== undefined) throw this.#stopped;
      return bytes;
    } catch (error) {
      throw this.#stopped ?? asReset(error);
    }
  }
}

function asReset(error: unknown): CulvertError {
  if (error instanceof CulvertError) return error;
  if (!(error instanceof TypeError) && !(error instanceof Error && /connection|body/i.test(error.message))) {
    return asCulvertError(error);
  }
  return new CulvertError("reset", "The connection was cut while the answer was arriving", {
    hint: "The server or a proxy closed it, often because of a time limit.",
    cause: error,
  });
}
