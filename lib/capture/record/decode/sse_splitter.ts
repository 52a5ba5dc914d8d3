/**
 * Splits an event stream into its events as the bytes arrive (WHATWG HTML, "Server-sent events"), with the position
 * and length of each, so that a recording can be served again byte for byte.
 *
 * @module
 */
import { createParser, type EventSourceMessage } from "eventsource-parser";

/** One block of an event stream. */
export interface SseBlock {
  /** The event's name; `message` where the server gave none, `:` for a block that dispatches nothing. */
  readonly event: string;
  readonly id?: string;
  readonly retry?: number;
  /** The data; of a block that dispatches nothing: its comment. */
  readonly data: string;
  /** Position and length in the stream, bytes. */
  readonly offset: number;
  readonly size: number;
  /** The block, where {@link blockText} of the other fields is not the same. */
  readonly raw?: string;
  /** The stream ended before the blank line. */
  readonly incomplete?: boolean;
}

/** Returns the usual notation of an event. */
export function blockText(block: Pick<SseBlock, "event" | "id" | "retry" | "data">): string {
  if (block.event === ":") return `: ${block.data}\n\n`;
  const lines = [
    ...(block.event === "message" ? [] : [`event: ${block.event}`]),
    ...(block.id === undefined ? [] : [`id: ${block.id}`]),
    ...(block.retry === undefined ? [] : [`retry: ${block.retry}`]),
    ...block.data.split("\n").map((line) => `data: ${line}`),
  ];
  return `${lines.join("\n")}\n\n`;
}

const LF = 0x0a;
const CR = 0x0d;

/** Splits one stream. Linear in its bytes, in whatever pieces they come. */
export class SseSplitter {
  /** Bytes of the block that is not complete. */
  #pending: Uint8Array[] = [];
  #offset = 0;
  #lineIsEmpty = true;
  #blockIsEmpty = true;
  #afterCr = false;

  /** Takes the next bytes and returns the blocks that they complete. Keeps no reference to the array. */
  push(bytes: Uint8Array): readonly SseBlock[] {
    const blocks: SseBlock[] = [];
    let start = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      const secondOfCrLf = byte === LF && this.#afterCr;
      this.#afterCr = byte === CR;
      if (secondOfCrLf) continue;
      if (byte !== LF && byte !== CR) {
        this.#lineIsEmpty = this.#blockIsEmpty = false;
        continue;
      }
      const ends = this.#lineIsEmpty && !this.#blockIsEmpty;
      this.#lineIsEmpty = true;
      if (!ends) continue;
      if (byte === CR && bytes[at + 1] === LF) {
        at++;
        this.#afterCr = false;
      }
      this.#pending.push(bytes.subarray(start, at + 1));
      start = at + 1;
      blocks.push(this.#block(false));
    }
    if (start < bytes.length) this.#pending.push(bytes.slice(start));
    return blocks;
  }

  /** Returns the block that the end of the stream left incomplete, if any. */
  finish(): readonly SseBlock[] {
    return this.#pending.length === 0 || this.#blockIsEmpty ? [] : [this.#block(true)];
  }

  #block(incomplete: boolean): SseBlock {
    const bytes = joinBytes(this.#pending);
    const offset = this.#offset;
    this.#pending = [];
    this.#offset += bytes.length;
    this.#blockIsEmpty = true;
    return { ...parseBlock(decodeText(bytes), offset, incomplete), offset, size: bytes.length };
  }
}

function decodeText(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

function parseBlock(text: string, offset: number, incomplete: boolean): Omit<SseBlock, "offset" | "size"> {
  let found: EventSourceMessage | undefined;
  let retry: number | undefined;
  const comments: string[] = [];
  // The parser removes a byte order mark, which may stand at the start of the stream only.
  const parser = createParser({
    onEvent: (event) => {
      found ??= event;
    },
    onRetry: (value) => {
      retry = value;
    },
    onComment: (comment) => {
      comments.push(comment);
    },
  });
  parser.feed(offset === 0 ? text : `\n${text}`);
  if (incomplete) parser.feed("\n\n");
  const block = {
    event: found === undefined ? ":" : found.event ?? "message",
    ...(found?.id === undefined ? {} : { id: found.id }),
    ...(retry === undefined ? {} : { retry }),
    data: found?.data ?? comments.join("\n"),
    ...(incomplete ? { incomplete } : {}),
  };
  return blockText(block) === text ? block : { ...block, raw: text };
}

/** Returns the bytes of several arrays in one. */
export function joinBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(chunks.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
