/**
 * Formats the spans within a line of Markdown: emphasis, code and links.
 *
 * @module
 */
import { createStyle } from "../../../text/style.ts";

const style = createStyle(true);

/** A span that does not end within so many characters is shown as it is. */
const LONGEST_SPAN = 400;

/** Formats one line at a time. A span is held back until it ends; a marker without an end stays as it is. */
export class InlineFormatter {
  #held = "";
  /** The character before the held text, for the rules on markers inside of words. */
  #before = "";
  #isLiteral = false;

  /** Shows the rest of the line as it is. */
  setLiteral(): void {
    this.#isLiteral = true;
  }

  /** Takes a piece of a line, and returns what can be shown. */
  push(text: string): string {
    this.#held += text;
    return this.#format(false);
  }

  /** Returns what was held back, at the end of the line. */
  end(): string {
    const shown = this.#format(true);
    this.#before = "";
    this.#isLiteral = false;
    return shown;
  }

  #format(isEnd: boolean): string {
    let shown = "";
    while (this.#held !== "") {
      const next = this.#isLiteral ? -1 : this.#held.search(/[*_`[~\\]/);
      if (next !== 0) {
        shown += this.#take(next < 0 ? this.#held.length : next);
        continue;
      }
      const span = spanAt(this.#held, this.#before, isEnd);
      if (span === "open" && !isEnd && this.#held.length < LONGEST_SPAN) break;
      if (typeof span === "string") {
        shown += this.#take(/^(?:\*+|_+|`+|~+|.)/.exec(this.#held)?.[0].length ?? 1);
      } else {
        this.#take(span.length);
        shown += span.shown;
      }
    }
    return shown;
  }

  #take(length: number): string {
    const taken = this.#held.slice(0, length);
    this.#before = taken.at(-1) ?? this.#before;
    this.#held = this.#held.slice(length);
    return taken;
  }
}

interface Span {
  /** Characters of the source. */
  readonly length: number;
  readonly shown: string;
}

/**
 * Reads the span that begins with a marker.
 *
 * @param before the character in front of it
 * @returns `open` when more text may complete it, `none` when it is not a span
 */
function spanAt(text: string, before: string, isEnd: boolean): Span | "open" | "none" {
  if (text.startsWith("`")) return codeSpan(text, isEnd);
  if (text.startsWith("[")) return link(text, isEnd);
  if (text.startsWith("\\")) {
    if (text.length === 1) return "open";
    return /^\\[!-/:-@[-`{-~]/.test(text) ? { length: 2, shown: text.slice(1, 2) } : "none";
  }
  return emphasis(text, before, isEnd);
}

/** CommonMark 0.31 §6.1: as many backticks as at the start. */
function codeSpan(text: string, isEnd: boolean): Span | "open" {
  const ticks = /^`+/.exec(text)?.[0] ?? "`";
  const end = text.slice(ticks.length).search(new RegExp(`(?<!\`)${ticks}(?!\`)`));
  if (end < 0) return "open";
  const length = ticks.length + end + ticks.length;
  // A backtick that follows might make the closing marker longer.
  if (length === text.length && !isEnd) return "open";
  return {
    length,
    shown: style.code(text.slice(ticks.length, ticks.length + end).replace(/^ (.+) $/, "$1")),
  };
}

/** `[text](address)`: the text, and the address behind it where it is not the text itself. */
function link(text: string, isEnd: boolean): Span | "open" | "none" {
  const found = /^\[([^\][]+)\]\((<[^<>]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?: +"[^"]*")?\)/.exec(text);
  if (found === null) {
    const isPossible = /^\[[^\][]*(?:\](?:\((?:[^\s()]|\([^\s()]*\)?)*(?: +"?[^"]*"?)?)?)?$/.test(text);
    return isPossible && !isEnd ? "open" : "none";
  }
  const [source, label = "", target = ""] = found;
  const address = target.replace(/^<|>$/g, "");
  const shown = style.underline(label) +
    (address === label || address === "" ? "" : style.faint(` (${address})`));
  return { length: source.length, shown };
}

/** `*italic*`, `**bold**`, `***both***`, `~~struck~~`; underscores only between words (CommonMark 0.31 §6.2). */
function emphasis(text: string, before: string, isEnd: boolean): Span | "open" | "none" {
  const marker = /^(?:\*+|_+|~+)/.exec(text)?.[0] ?? "";
  if (marker.length === text.length) return "open";
  const isWord = /[\p{L}\p{N}]/u;
  if (/^\s/.test(text.slice(marker.length)) || marker.length > 3) return "none";
  if (marker[0] === "~" && marker.length !== 2) return "none";
  if (marker[0] === "_" && isWord.test(before)) return "none";
  const body = text.slice(marker.length);
  const symbol = marker[0] === "*" ? "\\*" : marker[0];
  const closing = new RegExp(`(?<=[^\\s${symbol}])${symbol}{${marker.length}}(?!${symbol})`, "g");
  for (const { index } of body.matchAll(closing)) {
    const after = body[index + marker.length];
    if (after === undefined && !isEnd) return "open";
    if (marker[0] === "_" && after !== undefined && isWord.test(after)) continue;
    const inner = new InlineFormatter();
    const content = inner.push(body.slice(0, index)) + inner.end();
    return { length: marker.length * 2 + index, shown: styled(marker, content) };
  }
  return "open";
}

function styled(marker: string, text: string): string {
  if (marker[0] === "~") return style.struck(text);
  if (marker.length === 1) return style.italic(text);
  return marker.length === 2 ? style.bold(text) : style.bold(style.italic(text));
}
