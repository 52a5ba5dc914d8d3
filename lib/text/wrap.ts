/**
 * Text in lines of 80 columns, for reports that people read: nothing in it could move a cursor.
 *
 * @module
 */

/** Columns of a terminal nobody has made wider. */
export const LINE_WIDTH = 80;

/**
 * Breaks a text at blanks, and a word that is longer than a line wherever the line ends. Control characters are
 * taken out, see {@link plainText}; runs of blanks become one.
 *
 * @param text one paragraph
 * @param first what the first line begins with
 * @param rest what every further line begins with
 */
export function wrapText(text: string, first: string, rest: string): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of plainText(text).split(/\s+/)) {
    if (!empty && line.length + 1 + word.length > LINE_WIDTH) {
      lines.push(line);
      line = rest;
      empty = true;
    }
    let tail = word;
    while (line.length + (empty ? 0 : 1) + tail.length > LINE_WIDTH) {
      const room = LINE_WIDTH - line.length;
      lines.push(line + tail.slice(0, room));
      tail = tail.slice(room);
      line = rest;
      empty = true;
    }
    line += empty ? tail : ` ${tail}`;
    empty = false;
  }
  lines.push(line);
  return lines;
}

/**
 * Text without anything that a terminal would obey: control characters, and the invisible marks that turn
 * the direction of writing. Names in certificates and replies of proxies come from strangers.
 */
export function plainText(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").replace(/[\p{Cf}\p{Zl}\p{Zp}]/gu, "");
}
