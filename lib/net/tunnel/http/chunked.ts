/**
 * The chunked transfer coding (RFC 9112 §7.1).
 *
 * @module
 */

/** Longest line with a chunk size and its extensions, bytes. */
const MAX_LINE = 1024;
const SIZE_LINE = /^([0-9A-Fa-f]{1,12})[\t ]*(?:;[^\r\n]*)?$/;

/** Decodes a chunked body incrementally, and keeps the first bytes of its content. */
export class ChunkDecoder {
  readonly #content: Uint8Array<ArrayBuffer>;
  #filled = 0;
  #line = "";
  #state: "size" | "data" | "data_end" | "done" = "size";
  /** Remaining bytes of the current chunk. */
  #left = 0;

  /** @param limit bytes of content to keep; decoding stops there */
  constructor(limit: number) {
    this.#content = new Uint8Array(limit);
  }

  /** Whether decoding has finished: at the last chunk, the limit or an invalid byte. */
  get isDone(): boolean {
    return this.#state === "done";
  }

  /** The decoded content. */
  get content(): Uint8Array<ArrayBuffer> {
    return this.#content.subarray(0, this.#filled);
  }

  /** Decodes the next bytes of the body. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.isDone;) {
      if (this.#state === "data") at += this.#takeData(bytes.subarray(at));
      else this.#takeLineByte(bytes[at++] ?? 0);
    }
  }

  #takeData(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, this.#left, this.#content.length - this.#filled);
    this.#content.set(bytes.subarray(0, count), this.#filled);
    this.#filled += count;
    this.#left -= count;
    if (this.#filled === this.#content.length) this.#state = "done";
    else if (this.#left === 0) this.#state = "data_end";
    return count;
  }

  /** A line ends with CRLF; the end of a chunk is an empty line. */
  #takeLineByte(byte: number): void {
    this.#line += String.fromCharCode(byte);
    if (!this.#line.endsWith("\r\n")) {
      const isTooLong = this.#line.length > (this.#state === "data_end" ? 1 : MAX_LINE);
      if (isTooLong || this.#line.endsWith("\n")) this.#state = "done";
      return;
    }
    const line = this.#line.slice(0, -2);
    this.#line = "";
    if (this.#state === "data_end") {
      this.#state = line === "" ? "size" : "done";
      return;
    }
    const size = SIZE_LINE.exec(line)?.[1];
    this.#left = size === undefined ? 0 : Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? "done" : "data";
  }
}
