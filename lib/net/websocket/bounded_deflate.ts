/**
 * Compression of a websocket that does not let a peer fill the memory with a few bytes.
 *
 * @module
 */
import { PerMessageDeflate } from "./ws_parts.ts";

/** How many times its size a connection's content may have once it is decompressed. Streams of events stay below 20. */
const LARGEST_FACTOR = 100;
/** Decompressed bytes of a connection that are allowed whatever the factor. */
const FREE_BYTES = 16 * 1024 * 1024;

/** The content of a connection expands too far. */
export class ExpansionError extends RangeError {
  override readonly name = "ExpansionError";
  /** Decompressed bytes for each received one. */
  readonly factor: number;

  /** @param factor decompressed bytes for each received one */
  constructor(factor: number) {
    super(`The content expands ${factor} times`);
    this.factor = factor;
  }
}

/**
 * `permessage-deflate` (RFC 7692) with a bound on the sum of what is decompressed. The limit of one message does not
 * bound many messages that are in flight at once.
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
