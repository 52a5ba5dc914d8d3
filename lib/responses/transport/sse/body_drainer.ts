/**
 * Reads replies of complete responses to their end. An HTTP/1.1 connection can carry another request only after the
 * body was read to its end, so the rest is read, within limits.
 *
 * @module
 */
import type { ReplyBody } from "../../../net/dialer/reply_body.ts";
import type { World } from "../../../world/world.ts";

/** Longest wait for the end of a body, ms. */
const TAIL_MS = 100;
/** Most bytes that are read to keep the connection. */
const TAIL_BYTES = 64 * 1024;
/** The runtime puts a connection back into its pool a moment after the end of the body (seen in 2.9.6), ms. */
const POOLED_MS = 2;

/** The drainer of a session's replies. */
export class BodyDrainer {
  readonly #world: World;
  readonly #stop = new AbortController();
  #pending: Promise<void> = Promise.resolve();
  #endsLate = false;

  /** @param world whose clock limits the reading */
  constructor(world: World) {
    this.#world = world;
  }

  /** Reads a body to its end in the background; a body that does not end within the limits is cancelled. */
  drain(body: ReplyBody): void {
    const draining = this.#drain(body);
    // A server that keeps streams open after their last event leaves no connection to wait for.
    this.#pending = this.#endsLate ? this.#pending : Promise.all([this.#pending, draining]).then(() => {});
  }

  /** Resolves when the connections of complete replies are free again or closed: after 100 ms at most. */
  settled(): Promise<void> {
    return this.#pending;
  }

  /** Cancels the bodies that are being read. Later ones are cancelled at once. */
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
      // The answer is complete, so a failure of its connection does not matter.
    } finally {
      over.abort();
      await late;
    }
  }
}

/** Ignores the error of a body that is no longer read. */
export function ignoreClosing(): void {}
