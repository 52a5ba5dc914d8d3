/**
 * Facts about certificates as text of two columns, at most 80 wide.
 *
 * @module
 */
import { wrapText } from "../../text/wrap.ts";

/** What a fact is called, and what it is. */
export type FactRow = readonly [name: string, value: string];

const INDENT = "  ";
/** So wide that a fingerprint, 64 characters, has its line. */
const NAME_WIDTH = 13;

/** Sets facts one below the other; a long value goes on below itself. */
export function factLines(rows: readonly FactRow[]): string[] {
  const rest = INDENT + " ".repeat(NAME_WIDTH);
  return rows.flatMap(([name, value]) => wrapText(value, `${INDENT}${name.padEnd(NAME_WIDTH)}`, rest));
}

/** A number with its noun. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
