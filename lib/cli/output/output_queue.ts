/**
 * Writes text while the next text is being produced. A write waits for a thread and for the reader, which takes longer
 * than producing the text: so one write runs at a time, and all text that arrives meanwhile goes into the next one. The
 * first text after a pause is written at once.
 *
 * @module
 */
import type { OutputStream } from "./streams.ts";

/** Most text that may wait for the current write, in UTF-16 units. */
const CAPACITY = 64 * 1024;

/** Writes text to a stream, in order. */
export class OutputQueue {
  readonly #stream: Pick<OutputStream, "write">;
  readonly #onFailure: () => void;
  #waiting = "";
  #writing: Promise<void> | undefined;
  #failure: { readonly reason: unknown } | undefined;

  /**
   * @param stream the stream to write to
   * @param onFailure called as soon as a write fails; {@link put} and
   *   {@link drain} throw the reason
   */
  constructor(stream: Pick<OutputStream, "write">, onFailure: () => void) {
    this.#stream = stream;
    this.#onFailure = onFailure;
  }

  /**
   * Adds text. Resolves when more may be added, so that a slow reader slows the producer down.
   *
   * @throws the error of a failed write
   */
  async put(text: string): Promise<void> {
    this.#throwFailure();
    this.#waiting += text;
    this.#writing ??= this.#write();
    while (this.#waiting.length > CAPACITY && this.#writing !== undefined) await this.#writing;
    this.#throwFailure();
  }

  /** Resolves when everything is written. @throws what a write failed with */
  async drain(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    this.#throwFailure();
  }

  async #write(): Promise<void> {
    const text = this.#waiting;
    this.#waiting = "";
    try {
      await this.#stream.write(text);
    } catch (reason) {
      this.#failure = { reason };
      this.#waiting = "";
      this.#onFailure();
    }
    this.#writing = this.#waiting === "" ? undefined : this.#write();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
  }
}
