/**
 * Writing while the next piece is being made. A write that waits for a thread and for the reader costs more than
 * making the text does; so one write may be under way, and what comes meanwhile goes out together in the next. The
 * first text after a pause leaves at once.
 *
 * @module
 */
import type { OutputStream } from "./streams.ts";

/** Text that may wait for the write under way, in UTF-16 units; with more of it, the maker waits. */
const ROOM = 64 * 1024;

/** Puts text on a stream, in order. */
export class OutputQueue {
  readonly #stream: Pick<OutputStream, "write">;
  readonly #onFailure: () => void;
  #waiting = "";
  #writing: Promise<void> | undefined;
  #failure: { readonly reason: unknown } | undefined;

  /**
   * @param stream where to
   * @param onFailure called at once when a write fails, for whoever waits for something else; {@link put} and
   *   {@link drain} throw the reason
   */
  constructor(stream: Pick<OutputStream, "write">, onFailure: () => void) {
    this.#stream = stream;
    this.#onFailure = onFailure;
  }

  /**
   * Takes text in. Resolves when there is room for more, so that a slow reader slows the maker down.
   *
   * @throws what a write failed with
   */
  async put(text: string): Promise<void> {
    this.#throwFailure();
    this.#waiting += text;
    this.#writing ??= this.#write();
    while (this.#waiting.length > ROOM && this.#writing !== undefined) await this.#writing;
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
