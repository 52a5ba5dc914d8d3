/**
 * Formats Markdown for a terminal while it arrives.
 *
 * Only what helps a reader is formatted: headings, emphasis, code, lists, quotes, links and rules. Everything else, such
 * as tables, stays as it is. Text is held back no longer than its form is unclear: a few characters at the start of a
 * line, and an emphasised or quoted span up to its end.
 *
 * @module
 */
import { createStyle } from "../../../text/style.ts";
import { InlineFormatter } from "./inline_formatter.ts";

const style = createStyle(true);

/** The start of a line that may still become the start of a block (CommonMark 0.31 §4 and §5). */
const UNDECIDED = /^ *(?:#{0,6} *|`{0,2}|~{0,2}|\+? *|(?:- *)+|(?:\* *)+|(?:_ *)+|>?)$/;
const HEADING = /^ {0,3}(#{1,6}) +/;
const BULLET = /^( *)[-*+] +(?=\S)/;
const QUOTE = /^ {0,3}> ?/;
const RULE = /^ {0,3}(?:(?:- *){3,}|(?:\* *){3,}|(?:_ *){3,})$/;
const FENCE = /^ *(`{3,}|~{3,})/;

/** Longest start of a line that is held back, characters. */
const LONGEST_START = 200;

/** Width of a horizontal rule, columns. */
const RULE_WIDTH = 40;

/** Formats one text. Give it the text in pieces, then call {@link MarkdownRenderer.end}. */
export class MarkdownRenderer {
  readonly #inline = new InlineFormatter();
  /** The start of a line whose form is not known yet. */
  #start = "";
  #isInLine = false;
  #fence: string | undefined;
  #decorate: (text: string) => string = (text) => text;

  /** Takes a piece, and returns what can be shown. */
  push(text: string): string {
    let shown = "";
    for (const part of text.split(/(\n)/)) {
      if (part === "\n") shown += this.#endLine() + "\n";
      else if (part !== "") shown += this.#add(part);
    }
    return shown;
  }

  /** Returns what was held back. */
  end(): string {
    return this.#start === "" && !this.#isInLine ? "" : this.#endLine();
  }

  #add(text: string): string {
    if (this.#isInLine) return this.#decorate(this.#inline.push(text));
    this.#start += text;
    if (this.#fence !== undefined) return "";
    if (this.#start.length > LONGEST_START) return this.#begin();
    // Fences and rules are known at the end of the line only.
    const isOpen = UNDECIDED.test(this.#start) || FENCE.test(this.#start) ||
      RULE.test(this.#start) || /^ *$/.test(this.#start);
    return isOpen ? "" : this.#begin();
  }

  /** Decides on the form of the line, and formats what there is of it. */
  #begin(): string {
    const line = this.#start;
    this.#start = "";
    this.#isInLine = true;
    this.#decorate = (text) => text;
    const heading = HEADING.exec(line);
    if (heading !== null) {
      const isTop = heading[1]?.length === 1;
      this.#decorate = (text) => text === "" ? "" : style.bold(isTop ? style.underline(text) : text);
      return this.#decorate(this.#inline.push(line.slice(heading[0].length)));
    }
    const quote = QUOTE.exec(line);
    if (quote !== null) return style.faint("│ ") + this.#inline.push(line.slice(quote[0].length));
    const bullet = BULLET.exec(line);
    if (bullet !== null) return `${bullet[1]}• ${this.#inline.push(line.slice(bullet[0].length))}`;
    // A table is aligned by its author; formatting would move its columns.
    if (/^ *\|/.test(line)) this.#inline.setLiteral();
    return this.#inline.push(line);
  }

  #endLine(): string {
    const shown = this.#isInLine ? this.#decorate(this.#inline.end()) : this.#wholeLine();
    this.#start = "";
    this.#isInLine = false;
    return shown;
  }

  /** Formats a line that was held back as a whole. */
  #wholeLine(): string {
    const line = this.#start;
    const fence = FENCE.exec(line)?.[1];
    if (this.#fence !== undefined) {
      const isEnd = fence !== undefined && fence.startsWith(this.#fence) && line.trim() === fence;
      if (!isEnd) return line === "" ? "" : style.code(line);
      this.#fence = undefined;
      return style.faint(line);
    }
    if (fence !== undefined) {
      this.#fence = fence;
      return style.faint(line);
    }
    if (RULE.test(line)) return style.faint("─".repeat(RULE_WIDTH));
    if (line.trim() === "") return "";
    return this.#begin() + this.#decorate(this.#inline.end());
  }
}
