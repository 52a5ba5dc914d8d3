/**
 * Collects the body of one direction of an exchange: decoded as it arrives, bounded, and redacted before it is
 * stored.
 *
 * @module
 */
import type { CaptureRedaction } from "./capture_redaction.ts";
import type { CaptureWriter } from "./store/capture_writer.ts";
import {
  canDecode,
  type ContentDecoder,
  contentEncodings,
  createDecoder,
  DecodedTooLarge,
} from "./decode/content_decoder.ts";
import { LOST, type StoredBody } from "./format.ts";
import { sha256 } from "./store/piece_table.ts";
import { joinBytes } from "./decode/sse_splitter.ts";

/** Longest decoded body that is kept, bytes. */
const MAX_BODY = 64 * 1024 * 1024;

/** The bytes of one direction, decoded. */
export class BodyDecoder {
  readonly encodings: readonly string[];
  #decoder: ContentDecoder | undefined;
  #wireSize = 0;
  #size = 0;
  #error: string | undefined;
  #truncated = false;

  /** @param contentEncoding the header field */
  constructor(contentEncoding: string | undefined) {
    this.encodings = contentEncodings(contentEncoding);
  }

  get wireSize(): number {
    return this.#wireSize;
  }
  get size(): number {
    return this.#size;
  }
  get error(): string | undefined {
    return this.#error;
  }
  get truncated(): boolean {
    return this.#truncated;
  }

  /** Decodes the next bytes. Returns at once where nothing is to be undone. Never rejects. */
  push(bytes: Uint8Array): readonly Uint8Array[] | Promise<readonly Uint8Array[]> {
    this.#wireSize += bytes.length;
    if (this.#error !== undefined) return [];
    if (this.encodings.length > 0) return this.#decode((decoder) => decoder.push(bytes));
    this.#size += bytes.length;
    return [bytes];
  }

  /** Takes note of bytes that are missing. Nothing behind them can be decoded. */
  lost(length: number): void {
    this.#wireSize += length;
    this.#error ??= LOST;
  }

  /** Ends the body and returns its last bytes. Never rejects. */
  async finish(): Promise<readonly Uint8Array[]> {
    if (this.encodings.length === 0 || this.#wireSize === 0) return [];
    const last = await this.#decode((decoder) => decoder.finish());
    this.#decoder?.close();
    return last;
  }

  async #decode(
    run: (decoder: ContentDecoder) => ReturnType<ContentDecoder["push"]>,
  ): Promise<readonly Uint8Array[]> {
    if (this.#error !== undefined || this.#truncated) return [];
    try {
      if (!canDecode(this.encodings)) {
        throw new Error(`unknown content encoding "${this.encodings.join(", ")}"`);
      }
      this.#decoder ??= await createDecoder(this.encodings, MAX_BODY);
      const chunks = await run(this.#decoder);
      for (const { length } of chunks) this.#size += length;
      return chunks;
    } catch (error) {
      if (error instanceof DecodedTooLarge) this.#truncated = true;
      else this.#error = error instanceof Error ? error.message : String(error);
      return [];
    }
  }
}

/** Collects a whole body. */
export class BodyRecorder {
  readonly #decoder: BodyDecoder;
  readonly #mediaType: string | undefined;
  #chunks: Uint8Array[] = [];
  #kept = 0;
  #truncated = false;

  /**
   * @param contentEncoding the header field
   * @param mediaType the Content-Type header field
   */
  constructor(contentEncoding: string | undefined, mediaType: string | undefined) {
    this.#decoder = new BodyDecoder(contentEncoding);
    this.#mediaType = mediaType;
  }

  get wireSize(): number {
    return this.#decoder.wireSize;
  }
  get size(): number {
    return this.#decoder.size;
  }

  /** Takes the next bytes. Never rejects. */
  push(bytes: Uint8Array): void | Promise<void> {
    const decoded = this.#decoder.push(bytes);
    if (decoded instanceof Promise) return decoded.then((chunks) => this.#keep(chunks));
    this.#keep(decoded);
  }

  /** Takes note of bytes that are missing. */
  lost(length: number): void {
    this.#decoder.lost(length);
  }

  /** Takes the end of the body. Never rejects. */
  async finish(): Promise<void> {
    this.#keep(await this.#decoder.finish());
  }

  /** Redacts and stores what was collected. Returns `undefined` where there was no body. */
  store(writer: CaptureWriter, redaction: CaptureRedaction, isOAuth: boolean): StoredBody | undefined {
    const { wireSize, size, error, encodings, truncated } = this.#decoder;
    if (wireSize === 0) return undefined;
    const bytes = joinBytes(this.#chunks);
    this.#chunks = [];
    const facts = {
      wire_size: wireSize,
      size,
      ...(encodings.length === 0 ? {} : { content_encoding: encodings.join(", ") }),
      truncated: truncated || this.#truncated,
      ...(error === undefined ? {} : { decode_error: error }),
    };
    if (error !== undefined && bytes.length === 0) {
      return { encoding: "utf8", omitted: error === LOST ? "backlog" : "undecodable", ...facts };
    }
    const { encoding, text } = redactedBytes(bytes, this.#mediaType, redaction, isOAuth);
    if (text === undefined) return { encoding, omitted: "secret", ...facts };
    return { encoding, ...writer.store(text), sha256: sha256(text), ...facts };
  }

  #keep(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      const room = MAX_BODY - this.#kept;
      if (chunk.length > room) this.#truncated = true;
      // A copy: the array may be part of a batch, whose memory is freed when the batch is recorded.
      const kept = chunk.slice(0, room);
      this.#kept += kept.length;
      if (kept.length > 0) this.#chunks.push(kept);
    }
  }
}

/** Bytes as a record holds them. */
export interface RedactedBytes {
  readonly encoding: "utf8" | "base64";
  /** Absent where the bytes are not text and hold a secret that cannot be taken out of them. */
  readonly text?: string;
}

/** Redacts bytes: those that are valid UTF-8 as text, others are kept whole or not at all. */
export function redactedBytes(
  bytes: Uint8Array,
  mediaType: string | undefined,
  redaction: CaptureRedaction,
  isOAuth: boolean,
): RedactedBytes {
  const text = validText(bytes);
  if (text !== undefined) return { encoding: "utf8", text: redaction.text(text, mediaType, isOAuth) };
  const latin = new TextDecoder("latin1").decode(bytes);
  const holdsSecret = redaction.text(latin, "text/plain", isOAuth) !== latin;
  return holdsSecret ? { encoding: "base64" } : { encoding: "base64", text: bytes.toBase64() };
}

function validText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
