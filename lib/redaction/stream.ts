/**
 * Redaction of text and bytes that arrive in pieces.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type Audience, findSecrets } from "./find_secrets.ts";
import type { Secrets } from "./secrets.ts";
import { MASK, maskSpans, mergeSpans, type Span } from "./span.ts";

/** Characters that are held back at most while no line ends. */
const MOST_HELD = 64 * 1024;
/** Characters behind a cut within a line; larger than what any name, scheme or token needs to be recognised. */
const LOOK_AHEAD = 4 * 1024;
/** A single value of more characters than this is masked up to its end. */
const LARGEST_VALUE = 1024 * 1024;

/** Redacts a text that arrives in pieces; a secret may begin in one and end in a later one. */
export class RedactionStream {
  readonly #secrets: Secrets;
  readonly #audience: Audience;
  #held = "";
  /** Length of the held text at which it is looked through again. */
  #next = 0;
  #isSwallowing = false;

  /**
   * @param secrets the secrets in force, whose later additions count too
   * @param audience who will read the text
   */
  constructor(secrets: Secrets, audience: Audience = "anybody") {
    this.#secrets = secrets;
    this.#audience = audience;
  }

  /**
   * Takes a piece.
   *
   * @returns the redacted text that is complete: up to the last line end, or all but the last 4,096 characters of a
   *   line of more than 64 Ki characters
   */
  push(text: string): string {
    const hadLine = text.includes("\n");
    this.#held += this.#swallow(text);
    if (!hadLine && this.#held.length < MOST_HELD) return "";
    if (this.#held.length < this.#next) return "";
    return this.#emit();
  }

  /** Returns the rest, redacted. The stream is empty afterwards. */
  flush(): string {
    const spans = mergeSpans(findSecrets(this.#held, this.#secrets, this.#audience));
    const text = maskSpans(this.#held, spans);
    this.#held = "";
    this.#next = 0;
    this.#isSwallowing = false;
    return text;
  }

  #emit(): string {
    const held = this.#held;
    const found = findSecrets(held, this.#secrets, this.#audience);
    const cut = this.#cut(found);
    if (cut === 0 && held.length > LARGEST_VALUE) {
      this.#held = "";
      this.#next = 0;
      this.#isSwallowing = true;
      return MASK;
    }
    this.#held = held.slice(cut);
    // A value without end in sight: the text is looked through again when twice as much is there.
    this.#next = cut === 0 ? held.length * 2 : 0;
    return maskSpans(held.slice(0, cut), mergeSpans(found).filter(({ end }) => end <= cut));
  }

  /** The last position before which every secret is complete. */
  #cut(found: readonly Span[]): number {
    const held = this.#held;
    const longest = this.#secrets.forms[0]?.length ?? 0;
    const behind = Math.max(LOOK_AHEAD, longest);
    const line = held.lastIndexOf("\n", held.length - 1 - this.#multiline()) + 1;
    let cut = Math.max(line, held.length > MOST_HELD ? held.length - behind : 0);
    for (let moved = true; moved;) {
      moved = false;
      for (const { from, end } of found) {
        const isOpen = end === held.length;
        if (from < cut && (end > cut || isOpen)) {
          cut = from;
          moved = true;
        }
      }
    }
    return Math.max(cut, 0);
  }

  /** Length of the longest known secret with a line break in it; 0 where there is none. */
  #multiline(): number {
    return this.#secrets.forms.find((form) => form.includes("\n"))?.length ?? 0;
  }

  #swallow(text: string): string {
    if (!this.#isSwallowing) return text;
    const end = text.search(/[\s"'&<>]/);
    if (end < 0) return "";
    this.#isSwallowing = false;
    return text.slice(end);
  }
}

/** Redacts bytes that arrive in pieces. Bytes that are no text pass unchanged. */
export class ByteRedactionStream {
  readonly #stream: RedactionStream;

  /** See {@link RedactionStream}. */
  constructor(secrets: Secrets, audience: Audience = "anybody") {
    this.#stream = new RedactionStream(secrets, audience);
  }

  /** Takes a piece; returns the redacted bytes that are complete. */
  push(bytes: Uint8Array): Uint8Array {
    // Latin-1 maps every byte to one character and back.
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    return Buffer.from(this.#stream.push(text), "latin1");
  }

  /** Returns the rest, redacted. */
  flush(): Uint8Array {
    return Buffer.from(this.#stream.flush(), "latin1");
  }
}
