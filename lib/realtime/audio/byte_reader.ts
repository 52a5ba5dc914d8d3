/**
 * Reads exact numbers of bytes from a stream of chunks of any size.
 *
 * @module
 */
import { joinBytes } from "../../text/join_bytes.ts";

/** Reads from an iterable of chunks, of which at most one is buffered. */
export class ByteReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  /** @param pieces the source; its iterator is ended by {@link ByteReader.close} */
  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /**
   * Returns the next bytes, at least one.
   *
   * @param max maximum number of bytes to return
   * @returns `undefined` at the end
   */
  async some(max = Number.POSITIVE_INFINITY): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return undefined;
      this.#rest = next.value;
    }
    const taken = this.#rest.subarray(0, max);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** Returns exactly `count` bytes; fewer at the end. */
  async exactly(count: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const piece = await this.some(count - filled);
      if (piece === undefined) return bytes.subarray(0, filled);
      bytes.set(piece, filled);
      filled += piece.length;
    }
    return bytes;
  }

  /** Puts bytes back before the unread ones. */
  unread(bytes: Uint8Array): void {
    this.#rest = joinBytes([bytes, this.#rest]);
  }

  /** Discards `count` bytes; fewer at the end. */
  async skip(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      const piece = await this.some(left);
      if (piece === undefined) return;
      left -= piece.length;
    }
  }

  /** Ends the iterator of the source. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
