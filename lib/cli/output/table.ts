/**
 * Tables of text for people.
 *
 * @module
 */
import { LINE_WIDTH, plainText } from "../../text/wrap.ts";

/** Blanks between two columns. */
const GAP = "  ";

/**
 * Renders rows as aligned columns. Control characters are removed. Where a row would be longer than a line, the widest
 * columns are cut, and `…` ends the text that was cut.
 *
 * @param rows the cells of each row; the first row is the head
 * @param columns width of a line
 * @returns one line a row, each with a line feed
 */
export function renderTable(rows: readonly (readonly string[])[], columns = LINE_WIDTH): string {
  const cells = rows.map((row) => row.map((cell) => [...plainText(cell)]));
  const count = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from(
    { length: count },
    (_, at) => Math.max(1, ...cells.map((row) => row[at]?.length ?? 0)),
  );
  const available = columns - GAP.length * (count - 1);
  while (widths.reduce((sum, width) => sum + width, 0) > available) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= 4) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return cells.map((row) => `${row.map((cell, at) => fitted(cell, widths[at] ?? 0)).join(GAP).trimEnd()}\n`)
    .join("");
}

function fitted(cell: readonly string[], width: number): string {
  const shown = cell.length > width ? [...cell.slice(0, width - 1), "…"] : cell;
  return shown.join("") + " ".repeat(width - shown.length);
}
