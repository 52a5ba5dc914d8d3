/**
 * Renders facts about certificates as two columns of text, at most 80 characters wide.
 *
 * @module
 */
import { wrapText } from "../../text/wrap.ts";

/** A fact: its name and its value. */
export type FactRow = readonly [name: string, value: string];

const INDENT = "  ";
/** Width of the first column, characters. A fingerprint of 64 characters fits on the same line. */
const NAME_WIDTH = 13;

/** Renders one fact per line. A long value is wrapped within its column. */
export function factLines(rows: readonly FactRow[]): string[] {
  const rest = INDENT + " ".repeat(NAME_WIDTH);
  return rows.flatMap(([name, value]) => wrapText(value, `${INDENT}${name.padEnd(NAME_WIDTH)}`, rest));
}
