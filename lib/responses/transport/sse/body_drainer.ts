/**
 * What a reply still sends when its response is complete. An HTTP/1.1 connection can carry another request only after
 * the body was read to its end, so the rest is read, within bounds.
 *
 * @module
 */
import type { ReplyBody } from "../../../net/dialer/reply_body.ts";
import type { World } from "../../../world/world.ts";

/** How long the end of a body is waited for, ms. */
const TAIL_MS = 100;
/** The most that is read for the sake of the connection, bytes. */
const TAIL_BYTES = 64 * 1024;
/** The runtime puts a connection back into its pool a moment after the end of the body (seen in 2.9.6), ms. */
const POOLED_MS = 2;

/** The drainer of a session's replies. */
export class BodyDrainer {
  readonly #world: World;
  readonly #stop = new AbortController();
  #pending: Promise<void> = Promise.resolve();
  #endsLate = false;

  /** @param world whose clock bounds the reading */
  constructor(world: World) {
    this.#world = world;
  }

  /** Reads a body to its end, beside whatever happens next; one that does not end in bounds is cancelled. */
  drain(body: ReplyBody): void {
    const draining = this.#drain(body);
    // Where streams stay open behind their last event there is no connection to wait for.
    this.#pending = this.#endsLate ? this.#pending : Promise.all([this.#pending, draining]).then(() => {});
  }

  /** Resolves when the connections of completed replies are free again, or given up: in 100 ms at most. */
  settled(): Promise<void> {
    return this.#pending;
  }

  /** Cancels what is being read. Bodies that come later are cancelled at once. */
  close(): void {
    this.#stop.abort();
  }

  async #drain(body: ReplyBody): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#stop.signal]);
    const cancel = () => body.cancel().catch(ignoreClosing);
    // The pause ends early when the body has ended, or the session is closed.
    const late = this.#world.sleep(TAIL_MS, signal).then(() => {
      this.#endsLate = true;
    }, () => {}).then(cancel);
    try {
      let bytes = 0;
      while (bytes <= TAIL_BYTES) {
        const piece = await body.read();
        if (piece === undefined) return await this.#world.sleep(POOLED_MS, signal);
        bytes += piece.length;
      }
    } catch {
      // The answer is complete: how its connection ends is of no use to anybody.
    } finally {
      over.abort();
      await late;
    }
  }
}

/** What a body says of a connection that it is no longer read from is of no use to anybody. */
export function ignoreClosing(): void {}
