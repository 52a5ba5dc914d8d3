/**
 * The bytes of a reply.
 *
 * @module
 */

/** Read at once at most, bytes: what the runtime reads from a socket. */
const PIECE = 64 * 1024;

/**
 * Reads a body into one buffer, again and again: a new one for each piece costs as much as everything else about the
 * reading. What goes wrong while the bytes come is translated here, so that nobody further in has to know what the
 * runtime throws.
 */
export class ReplyBody implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #translate: (error: unknown) => unknown;
  /** Not while a read is under way, which takes it. */
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
   * Waits for the next bytes. They are good until the next call. Nothing is read ahead of need.
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

  /** Lets the rest go; a read that waits ends. */
  async cancel(reason?: unknown): Promise<void> {
    await this.#reader.cancel(reason);
  }

  /** Piece by piece, each good until the next; left early, the body is cancelled. */
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
