/**
 * Rows in batches that are inserted as a whole or not at all.
 *
 * @module
 */
import type { Row } from "./rows.ts";

/** Rows of one batch. Each batch is one part of the table, and is inserted as a whole or not at all. */
const BATCH_ROWS = 10_000;
/** UTF-16 units of one batch. Only one batch is in memory. */
const BATCH_SIZE = 8 * 1024 * 1024;

/** Rows that are inserted together. */
export interface Batch {
  /** JSON, one row a line. */
  readonly text: string;
  readonly rows: number;
  /** Number of the last row. */
  readonly last: number;
}

/** Groups rows, which are in the order of their numbers. */
export function* batchesOf(rows: Iterable<Row>): Generator<Batch> {
  let lines: string[] = [];
  let size = 0;
  let last = -1;
  for (const row of rows) {
    const line = JSON.stringify(row);
    if (lines.length >= BATCH_ROWS || (lines.length > 0 && size + line.length > BATCH_SIZE)) {
      yield { text: lines.join("\n"), rows: lines.length, last };
      lines = [];
      size = 0;
    }
    lines.push(line);
    size += line.length;
    last = Number(row["seq"]);
  }
  if (lines.length > 0) yield { text: lines.join("\n"), rows: lines.length, last };
}
