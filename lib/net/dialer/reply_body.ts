/**
 * The bytes of a reply.
 *
 * @module
 */

/** Read at once at most, bytes: what the runtime reads from a socket. */
const PIECE = 64 * 1024;

/**
 * Reads a body piece by piece into one buffer: a new buffer for each piece would double the cost. Errors of the runtime
 * are translated.
 */
export class ReplyBody implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #translate: (error: unknown) => unknown;
  /** The buffer; `undefined` while a read is using it. */
  #spare: ArrayBuffer | undefined;

  /**
   * @param stream a byte stream, as the runtime's replies have
   * @param translate makes the error that is thrown in place of the runtime's
   */
  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>, translate: (error: unknown) => unknown) {
    this.#reader = stream.getReader({ mode: "byob" });
    this.#translate = translate;
  }

  /**
   * Waits for the next bytes, which are valid until the next call. Nothing is read ahead of need.
   *
   * @returns `undefined` at the end, and once the body was cancelled
   */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const buffer = this.#spare ?? new ArrayBuffer(PIECE);
    this.#spare = undefined;
    try {
      const { done, value } = await this.#reader.read(new Uint8Array(buffer));
      if (done) return undefined;
      this.#spare = value.buffer;
      return value;
    } catch (error) {
      throw this.#translate(error);
    }
  }

  /** Cancels the rest of the body; a read that waits ends. */
  async cancel(reason?: unknown): Promise<void> {
    await this.#reader.cancel(reason);
  }

  /** Returns the pieces, each valid until the next; a loop that ends early cancels the body. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    for (;;) {
      const bytes = await this.read();
      if (bytes === undefined) return;
      let isWanted = false;
      try {
        yield bytes;
        isWanted = true;
      } finally {
        if (!isWanted) await this.cancel();
      }
    }
  }
}
