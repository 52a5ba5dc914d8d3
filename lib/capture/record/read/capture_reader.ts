/**
 * Reads a capture from its directory, also while it is being written. The texts of a capture stay on disk until they
 * are asked for.
 *
 * @module
 */
import { join } from "node:path";
import { CulvertError } from "../../../errors.ts";
import { fileProblem, readRegularFile, requireRegularFile } from "../../../files/read_file.ts";
import {
  BODIES_FOLDER,
  type CaptureMeta,
  type CaptureRecord,
  META_FILE,
  type Part,
  RECORDS_FILE,
  type StoredText,
} from "../format.ts";
import { BodyFiles } from "./body_files.ts";
import type { FileDamage } from "./capture_damage.ts";
import { LineSplitter } from "./line_splitter.ts";
import { metaSchema, recordSchema } from "./record_schema.ts";

/** Bytes read at a time. */
const CHUNK = 1024 * 1024;
/** UTF-16 units of pieces that are kept in memory. */
const MAX_CACHED = 32 * 1024 * 1024;
/** Most bytes of `meta.json`. The recorder writes less than 1 kB. */
const MAX_META = 1024 * 1024;

/** The records that are no pieces. */
export type ReadRecord = Exclude<CaptureRecord, { readonly kind: "piece" }>;

/** How a record holds a text: as a body, or as the data of an event or message. */
export type TextHolder = StoredText & {
  readonly data?: string;
  readonly data_parts?: readonly Part[];
};

/** Where a piece is on disk. */
type PieceAddress = { readonly offset: number; readonly length: number } | { readonly sha256: string };

/** Reads one capture, from its first record on. */
export class CaptureReader implements Disposable {
  readonly directory: string;
  readonly meta: CaptureMeta;
  readonly #file: Deno.FsFile;
  readonly #pieces = new Map<number, PieceAddress>();
  readonly #cache = new Map<number, string>();
  #cached = 0;
  readonly #splitter = new LineSplitter();
  readonly #bodies: BodyFiles;
  #lines = 0;
  #damagedLines = 0;
  #firstDamagedLine: number | null = null;
  /** Number of the record that comes next. */
  #nextRecord = 0;
  /** Numbers of records that were left out between those that were read. */
  #skippedRecords = 0;

  private constructor(directory: string, meta: CaptureMeta, file: Deno.FsFile) {
    this.directory = directory;
    this.meta = meta;
    this.#file = file;
    this.#bodies = new BodyFiles(join(directory, BODIES_FOLDER));
  }

  /**
   * Opens a capture.
   *
   * @throws CulvertError `input_unreadable`
   */
  static async open(directory: string): Promise<CaptureReader> {
    const meta = await readMeta(directory);
    const path = join(directory, RECORDS_FILE);
    try {
      await requireRegularFile(path);
      return new CaptureReader(directory, meta, await Deno.open(path));
    } catch (error) {
      throw unreadable(directory, `${RECORDS_FILE}: ${fileProblem(error)}`, error);
    }
  }

  /** What could not be read so far. */
  get damage(): FileDamage {
    return {
      damaged_lines: this.#damagedLines,
      first_damaged_line: this.#firstDamagedLine,
      // A damaged line stands for at least one of the records that were left out.
      missing_records: Math.max(0, this.#skippedRecords - this.#damagedLines),
      is_torn: this.#splitter.isWithinLine,
      ...this.#bodies.damage(),
    };
  }

  /**
   * Returns the records that were appended since the last call, at most those of about 1 MiB; none at the end of the
   * file. More may follow while the capture is being written.
   */
  read(): readonly ReadRecord[] {
    while (true) {
      const bytes = new Uint8Array(CHUNK);
      // Without a pause between the two: a text that is read meanwhile moves the position of the file.
      this.#file.seekSync(this.#splitter.position, Deno.SeekMode.Start);
      const count = this.#file.readSync(bytes);
      if (count === null) return [];
      const records = this.#take(bytes.subarray(0, count));
      if (records.length > 0) return records;
    }
  }

  /** Returns every record that is there. */
  *records(): Generator<ReadRecord> {
    for (let batch = this.read(); batch.length > 0; batch = this.read()) yield* batch;
  }

  /**
   * Returns a text that a record holds.
   *
   * @returns `undefined` where it was left out or its file is missing
   */
  text(holder: TextHolder | undefined): string | undefined {
    if (holder === undefined || holder.omitted !== undefined) return undefined;
    const whole = holder.text ?? holder.data;
    const parts = holder.parts ?? holder.data_parts;
    if (parts === undefined) return whole;
    const texts: string[] = [];
    for (const part of parts) {
      if (typeof part === "string") texts.push(part);
      else {
        const [first, count, separator = ""] = part;
        for (let piece = first; piece < first + count; piece++) {
          const text = this.#piece(piece);
          if (text === undefined) return undefined;
          texts.push(piece === first ? text : separator + text);
        }
      }
    }
    return texts.join("");
  }

  /** Closes the file. Texts can no longer be read. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  #take(bytes: Uint8Array): readonly ReadRecord[] {
    const records: ReadRecord[] = [];
    for (const { offset, length, text } of this.#splitter.push(bytes)) {
      const record = text === undefined ? undefined : parseLine(text);
      this.#lines++;
      if (record === undefined) {
        this.#damagedLines++;
        this.#firstDamagedLine ??= this.#lines;
        continue;
      }
      this.#skippedRecords += Math.max(0, record.seq - this.#nextRecord);
      this.#nextRecord = Math.max(this.#nextRecord, record.seq + 1);
      if (record.kind !== "piece") records.push(record);
      else if (record.text !== undefined) this.#pieces.set(record.piece, { offset, length });
      else {
        this.#bodies.add(record.sha256);
        this.#pieces.set(record.piece, { sha256: record.sha256 });
      }
    }
    return records;
  }

  #piece(piece: number): string | undefined {
    const cached = this.#cache.get(piece);
    if (cached !== undefined) return cached;
    const address = this.#pieces.get(piece);
    const text = address === undefined ? undefined : this.#load(address);
    if (text === undefined) return undefined;
    this.#cached += text.length;
    if (this.#cached > MAX_CACHED) {
      this.#cache.clear();
      this.#cached = text.length;
    }
    this.#cache.set(piece, text);
    return text;
  }

  #load(address: PieceAddress): string | undefined {
    if ("sha256" in address) return this.#bodies.text(address.sha256);
    const bytes = new Uint8Array(address.length);
    this.#file.seekSync(address.offset, Deno.SeekMode.Start);
    for (let at = 0; at < bytes.length;) {
      const count = this.#file.readSync(bytes.subarray(at));
      if (count === null) return undefined;
      at += count;
    }
    const record = parseLine(new TextDecoder().decode(bytes));
    return record?.kind === "piece" ? record.text : undefined;
  }
}

/** Reads the description of a capture. @throws CulvertError `input_unreadable` */
async function readMeta(directory: string): Promise<CaptureMeta> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(await readRegularFile(join(directory, META_FILE), MAX_META)));
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? `it is not a capture, because it contains no ${META_FILE}`
      : error instanceof SyntaxError
      ? `${META_FILE} is not JSON: ${error.message}`
      : `${META_FILE}: ${fileProblem(error)}`;
    throw unreadable(directory, reason, error);
  }
  const meta = metaSchema.safeParse(value);
  if (meta.success) return meta.data;
  const reason = `${META_FILE} does not belong to a capture that this version can read`;
  throw unreadable(directory, reason, meta.error);
}

function unreadable(directory: string, reason: string, cause: unknown): CulvertError {
  return new CulvertError("input_unreadable", `Cannot read the capture ${directory}: ${reason}`, {
    hint: "Name the directory that culvert capture wrote, or a HAR file.",
    details: { path: directory },
    cause,
  });
}

function parseLine(line: string): CaptureRecord | undefined {
  try {
    const record = recordSchema.safeParse(JSON.parse(line));
    return record.success ? record.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
