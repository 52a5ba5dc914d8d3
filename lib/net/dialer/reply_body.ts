/**
 * The bytes of a reply.
 *
 * @module
 */

/** The size of one read, bytes: the runtime reads the same amount from a socket. */
const PIECE = 64 * 1024;

/** Receives the chunks that are read from a body. */
export interface BodyWatch {
  /** @param data valid until it returns */
  readonly read: (data: Uint8Array<ArrayBuffer>) => void;
  /**
   * Called once, and again if the body is cancelled after its end.
   *
   * @param outcome `aborted`: the reader cancelled the rest; `failed`: the connection broke
   */
  readonly end: (outcome: "complete" | "aborted" | "failed", error?: unknown) => void;
}

/**
 * Reads a body chunk by chunk into one buffer: a new buffer for each chunk would double the cost. Errors of
 * the runtime are translated.
 */
export class ReplyBody implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #translate: (error: unknown) => unknown;
  readonly #watch: BodyWatch | undefined;
  /** The buffer; `undefined` while a read is using it. */
  #spare: ArrayBuffer | undefined;

  /**
   * @param stream a byte stream, as the runtime's replies have
   * @param translate converts an error of the runtime to the one that is thrown
   * @param watch receives the chunks that are read
   */
  constructor(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    translate: (error: unknown) => unknown,
    watch?: BodyWatch,
  ) {
    this.#reader = stream.getReader({ mode: "byob" });
    this.#translate = translate;
    this.#watch = watch;
  }

  /**
   * Waits for the next bytes, which are valid until the next call. Nothing is read in advance.
   *
   * @returns `undefined` at the end, and after the body was cancelled
   */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const buffer = this.#spare ?? new ArrayBuffer(PIECE);
    this.#spare = undefined;
    try {
      const { done, value } = await this.#reader.read(new Uint8Array(buffer));
      if (done) {
        this.#watch?.end("complete");
        return undefined;
      }
      this.#spare = value.buffer;
      this.#watch?.read(value);
      return value;
    } catch (error) {
      const translated = this.#translate(error);
      this.#watch?.end("failed", translated);
      throw translated;
    }
  }

  /** Cancels the rest of the body; a pending read ends. */
  async cancel(reason?: unknown): Promise<void> {
    this.#watch?.end("aborted");
    await this.#reader.cancel(reason);
  }

  /** Returns the chunks, each valid until the next one; a loop that ends early cancels the body. */
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
