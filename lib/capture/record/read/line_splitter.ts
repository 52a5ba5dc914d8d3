/**
 * Splits a file into lines as it is read, with memory for one line at most.
 *
 * @module
 */
import { joinBytes } from "../decode/sse_splitter.ts";

/**
 * Most bytes of a line. The recorder writes lines of less than 10 MB; a longer line is damaged, or of a version that
 * had no limit, and may be too long for a string.
 */
const MAX_LINE = 64 * 1024 * 1024;

/** A line of a file, without its end. */
export interface Line {
  /** Position in the file, bytes. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** Absent where the line is longer than 64 MiB. */
  readonly text?: string;
}

const LF = 0x0a;

/** Splits one file. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  /** The beginning of the line whose end has not been read; empty for a line that is too long. */
  #chunks: Uint8Array[] = [];
  #length = 0;
  #position = 0;

  /** Position of the first byte that was not read. */
  get position(): number {
    return this.#position;
  }

  /** Whether the file ends within a line, as far as it was read. */
  get isWithinLine(): boolean {
    return this.#length > 0;
  }

  /** Takes the next bytes and returns the lines that they complete. Keeps the array. */
  push(bytes: Uint8Array): readonly Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      this.#add(bytes.subarray(start, end));
      lines.push({
        offset: this.#position + end - this.#length,
        length: this.#length,
        ...(this.#length > MAX_LINE ? {} : { text: this.#decoder.decode(joinBytes(this.#chunks)) }),
      });
      this.#chunks = [];
      this.#length = 0;
      start = end + 1;
    }
    this.#add(bytes.subarray(start));
    this.#position += bytes.length;
    return lines;
  }

  #add(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#length += part.length;
    if (this.#length > MAX_LINE) this.#chunks = [];
    else this.#chunks.push(part);
  }
}
