/** Counts the exchanges of a capture whose last record is on disk. */

const END = '"kind":"http.end"';

/** Reads a growing `capture.jsonl`. */
export class EndCounter implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #decoder = new TextDecoder("latin1");
  readonly #bytes = new Uint8Array(1024 * 1024);
  /** The last characters that were read: a record may be cut by the end of a read. */
  #tail = "";
  #count = 0;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Opens the file, which must exist. */
  static async open(path: string): Promise<EndCounter> {
    return new EndCounter(await Deno.open(path));
  }

  /** Reads what was appended, and returns the number of exchanges that have ended so far. */
  async count(): Promise<number> {
    for (let read = await this.#file.read(this.#bytes); read !== null;) {
      const text = this.#tail + this.#decoder.decode(this.#bytes.subarray(0, read));
      this.#count += text.split(END).length - 1;
      // Shorter than the text that is searched for, so nothing is counted twice.
      this.#tail = text.slice(1 - END.length);
      read = await this.#file.read(this.#bytes);
    }
    return this.#count;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
