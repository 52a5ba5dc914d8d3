/**
 * Wraps text into lines, for reports.
 *
 * @module
 */
import { removeControls } from "./control_characters.ts";

/** Default number of columns, for a terminal whose width is not known. */
export const LINE_WIDTH = 80;

/**
 * Wraps a text at blanks. A word is never broken: one that is too long for a line is indented less, and makes
 * its line longer if that is not enough. Control characters are removed (see {@link plainText}); a run of
 * blanks becomes one blank.
 *
 * @param text one paragraph
 * @param first beginning of the first line
 * @param rest beginning of every further line
 * @param columns width of a line
 */
export function wrapText(text: string, first: string, rest: string, columns = LINE_WIDTH): string[] {
  return wrapLine(plainText(text), first, rest, columns);
}

/** Wraps a text that is one line and has no control characters; runs of blanks are kept. */
export function wrapLine(text: string, first: string, rest: string, columns: number): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(" ")) {
    const fits = line.length + (empty ? 0 : 1) + word.length <= columns;
    if (!fits && line.trim() !== "") {
      lines.push(line);
      line = rest.slice(0, Math.max(0, columns - word.length));
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  lines.push(line);
  return lines;
}

/** Returns a text on one line: line breaks and tabs become blanks, other control characters are removed. */
export function plainText(text: string): string {
  return removeControls(text.replace(/[\s\p{Cc}]+/gu, " "), { replacement: "" });
}
