/**
 * The texts of a capture that are stored once, and the notation of a text as references to them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Part } from "../format.ts";
import { RecentTexts } from "../recent_texts.ts";
import { type Segment, splitJson } from "./json_pieces.ts";

/** A text that was not stored before. */
export interface NewPiece {
  readonly piece: number;
  readonly sha256: string;
  readonly text: string;
}

/** Texts of fewer UTF-16 units are not looked at: references would not save anything. */
const SHORTEST = 512;

/** Returns the SHA-256 of a text's UTF-8, hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Numbers the pieces of a capture by their content. */
export class PieceTable {
  readonly #numbers = new Map<string, number>();
  readonly #hashes = new RecentTexts<string>();

  /**
   * Returns the notation of a text, and hands out the pieces in it that are new, which must be written before it.
   *
   * @param text the text
   * @param inlineLimit a text with more UTF-16 units becomes one piece where it cannot be split
   * @returns `undefined` where the text is best stored as it is
   */
  parts(text: string, inlineLimit: number, add: (piece: NewPiece) => void): readonly Part[] | undefined {
    if (text.length < SHORTEST) return undefined;
    const segments = splitJson(text);
    if (!segments.some(({ isPiece }) => isPiece)) {
      return text.length > inlineLimit ? [[this.#number(text, add), 1]] : undefined;
    }
    const parts: Part[] = [];
    for (const segment of segments) {
      append(parts, segment.isPiece ? [this.#number(segment.text, add), 1] : segment.text);
    }
    return parts;
  }

  /** Returns how many UTF-16 units of a text are in no piece that is stored already. */
  newLength(text: string): number {
    const segments = splitJson(text);
    const known = ({ isPiece, text }: Segment) => isPiece && this.#numbers.has(this.#hash(text));
    return segments.reduce((total, segment) => total + (known(segment) ? 0 : segment.text.length), 0);
  }

  #number(text: string, add: (piece: NewPiece) => void): number {
    const hash = this.#hash(text);
    const known = this.#numbers.get(hash);
    if (known !== undefined) return known;
    const piece = this.#numbers.size;
    this.#numbers.set(hash, piece);
    add({ piece, sha256: hash, text });
    return piece;
  }

  #hash(text: string): string {
    return this.#hashes.get(text, sha256);
  }
}

/** Appends a part, and joins it to the run before where its number is the next: a history is one run. */
function append(parts: Part[], part: Part): void {
  const separator = parts.at(-1);
  const run = parts.at(-2);
  if (
    typeof part !== "string" && typeof separator === "string" && run !== undefined &&
    typeof run !== "string" &&
    run[0] + run[1] === part[0] && (run[1] === 1 || run[2] === separator)
  ) {
    parts.splice(-2, 2, [run[0], run[1] + 1, separator]);
  } else parts.push(part);
}
