/**
 * Appends the records of a capture to its files. Lines are queued and written by one writer at a time; the caller
 * never waits. Nothing here throws: a disk that is full ends the recording, not the traffic.
 *
 * @module
 */
import { join } from "node:path";
import { setImmediate } from "node:timers";
import { writeAll } from "../../../files/write_all.ts";
import {
  type AnyDraft,
  BODIES_FOLDER,
  FORMAT_VERSION,
  INLINE_LIMIT,
  type LimitRecord,
  type PieceRecord,
  RECORDS_FILE,
  type StoredText,
} from "../format.ts";
import { fileProblem } from "../../../files/read_file.ts";
import { type NewPiece, PieceTable } from "./piece_table.ts";

/** Bytes that may wait to be written. With more, bodies are left out until the disk has caught up. */
const MAX_BACKLOG = 64 * 1024 * 1024;

/** Most bytes of one write. */
const WRITE_SIZE = 256 * 1024;

/** Options of {@link CaptureWriter}. */
export interface WriterOptions {
  readonly directory: string;
  /** Bytes on disk after which no more bodies are stored. */
  readonly maxBytes: number;
  /** Monotonic time since the start of the capture, ms. */
  readonly elapsed: () => number;
  /** Called once when the limit is reached. */
  readonly onLimit: () => void;
  /** Called once when a write fails. Nothing is written after it. */
  readonly onFailure: (error: unknown) => void;
}

/** A file to create, or text to append to the records. */
type Operation = { readonly line: string } | { readonly file: string; readonly text: string };

/** Writes the records of one capture. */
export class CaptureWriter {
  readonly #options: WriterOptions;
  readonly #file: Deno.FsFile;
  readonly #pieces = new PieceTable();
  readonly #encoder = new TextEncoder();
  /** What is written next. It is used again: a new array for each write stays in memory until it is collected. */
  readonly #bytesToWrite = new Uint8Array(WRITE_SIZE);
  #queue: Operation[] = [];
  #backlog = 0;
  #writing: Promise<void> | undefined;
  #seq = 0;
  #bytes = 0;
  #limitReached = false;
  #failed = false;

  /** @param file `capture.jsonl`, open for appending */
  constructor(file: Deno.FsFile, options: WriterOptions) {
    this.#file = file;
    this.#options = options;
  }

  /** Records accepted so far. */
  get records(): number {
    return this.#seq;
  }

  /** Appends a record. */
  append(draft: AnyDraft): void {
    this.#line({ v: FORMAT_VERSION, seq: this.#seq++, ...draft });
  }

  /** Stores a text and returns how a record refers to it. Its pieces precede the record. */
  store(text: string): StoredText {
    if (this.#limitReached) return { omitted: "budget" };
    // UTF-16 units are a lower bound of the bytes; what is stored already counts too, which errs on the safe side.
    if (this.#bytes + text.length > this.#options.maxBytes && !this.#repeatsMostly(text)) {
      this.#reachLimit();
      return { omitted: "budget" };
    }
    if (this.#backlog > MAX_BACKLOG) return { omitted: "backlog" };
    const parts = this.#pieces.parts(text, INLINE_LIMIT, (piece) => this.#piece(piece));
    return parts === undefined ? { text } : { parts };
  }

  /** Waits until everything accepted is on its way to the disk. Never rejects. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  /** Flushes and closes the file. A file that has no name any more is a failure, since nobody can read it. */
  async close(): Promise<void> {
    await this.flush();
    if (!this.#failed && (await this.#file.stat()).nlink === 0) {
      this.#options.onFailure(new Error(`${RECORDS_FILE} was removed while it was written`));
    }
    this.#file.close();
  }

  /** A history that is stored already takes a few bytes, whatever its length. */
  #repeatsMostly(text: string): boolean {
    return this.#bytes < this.#options.maxBytes &&
      this.#pieces.newLength(text) + this.#bytes <= this.#options.maxBytes;
  }

  #reachLimit(): void {
    this.#limitReached = true;
    const record: LimitRecord = {
      v: FORMAT_VERSION,
      seq: this.#seq++,
      kind: "capture.limit",
      t_ms: this.#options.elapsed(),
      max_size: this.#options.maxBytes,
    };
    this.#line(record);
    this.#options.onLimit();
  }

  #piece({ piece, sha256, text }: NewPiece): void {
    const inline = text.length <= INLINE_LIMIT;
    if (!inline) {
      this.#bytes += text.length;
      this.#push({ file: join(this.#options.directory, BODIES_FOLDER, sha256), text });
    }
    const record: PieceRecord = {
      v: FORMAT_VERSION,
      seq: this.#seq++,
      kind: "piece",
      piece,
      sha256,
      ...(inline ? { text } : {}),
    };
    this.#line(record);
  }

  #line(record: object): void {
    const line = `${JSON.stringify(record)}\n`;
    this.#bytes += line.length;
    this.#push({ line });
  }

  #push(operation: Operation): void {
    if (this.#failed) return;
    this.#queue.push(operation);
    this.#backlog += "line" in operation ? operation.line.length : operation.text.length;
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    // Records of the same turn of the event loop are written together.
    await new Promise<void>((resolve) => setImmediate(resolve));
    try {
      while (this.#queue.length > 0) {
        const operations = this.#queue;
        this.#queue = [];
        let lines: string[] = [];
        for (const operation of operations) {
          if ("line" in operation) lines.push(operation.line);
          else {
            // The text must be there before the record that refers to it.
            await this.#appendLines(lines);
            lines = [];
            await writeBody(operation.file, operation.text);
            this.#backlog -= operation.text.length;
          }
        }
        await this.#appendLines(lines);
      }
    } catch (error) {
      this.#failed = true;
      this.#queue = [];
      this.#options.onFailure(error);
    }
    this.#writing = undefined;
  }

  async #appendLines(lines: readonly string[]): Promise<void> {
    const text = lines.join("");
    for (let at = 0; at < text.length;) {
      const { read, written } = this.#encoder.encodeInto(
        at === 0 ? text : text.slice(at),
        this.#bytesToWrite,
      );
      at += read;
      await writeAll(this.#file, this.#bytesToWrite.subarray(0, written));
    }
    this.#backlog -= text.length;
  }
}

/** Writes a text as a file of its own; leaves no part of it where the disk is full. */
async function writeBody(path: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, text, { createNew: true, mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) {
      await Deno.remove(path).catch(() => {
        // It was not created. The error of the write is the one to report.
      });
    }
    throw new Error(`${BODIES_FOLDER}: ${fileProblem(error)}`, { cause: error });
  }
}
