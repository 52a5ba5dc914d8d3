/**
 * Websocket compression with a limit, so that a peer cannot fill the memory with a few compressed bytes.
 *
 * @module
 */
import { PerMessageDeflate } from "./ws_parts.ts";

/** The maximum ratio of decompressed to received bytes of a connection. Event streams stay below 20. */
const LARGEST_FACTOR = 100;
/** Decompressed bytes of a connection that are allowed with any ratio. */
const FREE_BYTES = 16 * 1024 * 1024;

/** The content of a connection exceeds the allowed ratio. */
export class ExpansionError extends RangeError {
  override readonly name = "ExpansionError";
  /** Decompressed bytes for each received byte. */
  readonly factor: number;

  /** @param factor decompressed bytes for each received byte */
  constructor(factor: number) {
    super(`The content expands ${factor} times`);
    this.factor = factor;
  }
}

/**
 * `permessage-deflate` (RFC 7692) with a limit for the sum of the decompressed bytes. The limit of one
 * message does not limit many messages that are in flight together.
 */
export class BoundedDeflate extends PerMessageDeflate {
  #received = 0;
  #expanded = 0;

  /** Called by the receiver for each frame. @throws nothing; the callback receives an {@link ExpansionError} */
  override decompress(
    data: Uint8Array,
    isLast: boolean,
    done: (error: Error | null, result?: Uint8Array) => void,
  ): void {
    this.#received += data.length;
    super.decompress(data, isLast, (error, result) => {
      this.#expanded += result?.length ?? 0;
      const factor = Math.floor(this.#expanded / Math.max(1, this.#received));
      const isBomb = this.#expanded > FREE_BYTES && factor > LARGEST_FACTOR;
      if (error === null && isBomb) done(new ExpansionError(factor));
      else done(error, result);
    });
  }
}
