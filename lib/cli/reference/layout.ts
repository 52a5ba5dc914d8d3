/**
 * Text in lines of at most 80 columns.
 *
 * @module
 */

/** Columns of a terminal nobody has made wider. */
export const WIDTH = 80;

/** A term and its explanation. */
export type Row = readonly [term: string, explanation: string];

/**
 * Sets paragraphs, which are apart by an empty line. One with an indented line in it is set as it is.
 *
 * @param width columns, at least one word wide
 */
export function wrap(text: string, width: number = WIDTH): string[] {
  return text.split("\n\n").flatMap((paragraph, index) => {
    const lines = paragraph.split("\n");
    const verbatim = lines.some((line) => line.startsWith(" "));
    return [...(index === 0 ? [] : [""]), ...(verbatim ? lines : wrapLine(lines.join(" "), width))];
  });
}

function wrapLine(line: string, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(" ")) {
    if (current !== "" && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else {
      current = current === "" ? word : `${current} ${word}`;
    }
  }
  return [...lines, current];
}

/**
 * Two columns, indented by two. A term that is wider than `termWidth` has its line for itself.
 *
 * @param termWidth the most that the left column may take
 */
export function columns(rows: readonly Row[], termWidth = 26): string[] {
  const fitting = rows.map(([term]) => term.length).filter((length) => length <= termWidth);
  const left = Math.max(0, ...fitting);
  const indent = " ".repeat(left + 4);
  return rows.flatMap(([term, explanation]) => {
    const [first = "", ...rest] = wrap(explanation, WIDTH - indent.length);
    const below = rest.map((line) => `${indent}${line}`);
    if (term.length > left) return [`  ${term}`, `${indent}${first}`, ...below];
    return [`  ${term.padEnd(left)}  ${first}`.trimEnd(), ...below];
  });
}
