/**
 * Lays out text in lines of at most 80 columns.
 *
 * @module
 */

/** Width of help texts, columns. */
export const WIDTH = 80;

/** A term and its explanation. */
export type Row = readonly [term: string, explanation: string];

/**
 * Wraps paragraphs, which an empty line separates. In a paragraph with an indented line, the line breaks are
 * kept; only a line that is too long is wrapped, below the text after its first column.
 *
 * @param width columns, at least one word wide
 */
export function wrap(text: string, width: number = WIDTH): string[] {
  return text.split("\n\n").flatMap((paragraph, index) => {
    const lines = paragraph.split("\n");
    const isTable = lines.some((line) => line.startsWith(" "));
    const wrapped = isTable
      ? lines.flatMap((line) => wrapRow(line, width))
      : wrapLine(lines.join(" "), width);
    return [...(index === 0 ? [] : [""]), ...wrapped];
  });
}

/** Wraps a line such as `  term    explanation`. */
function wrapRow(line: string, width: number): readonly string[] {
  const start = /^ *(?:\S+ {2,})?/.exec(line)?.[0] ?? "";
  if (line.length <= width || start.length > width / 2) return [line];
  const [first = "", ...rest] = wrapLine(line.slice(start.length), width - start.length);
  return [start + first, ...rest.map((part) => " ".repeat(start.length) + part)];
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
 * Lays out two columns, indented by two. A term that is wider than `termWidth` gets a separate line.
 *
 * @param termWidth largest width of the left column
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
