/** `deno task faults`: runs every cell of the fault matrix and prints the table of outcomes. */
import { CELLS, MatrixRig, type Outcome } from "./matrix.ts";

const HEADER = [
  "path",
  "transport",
  "point",
  "fault",
  "exit",
  "requests",
  "retries",
  "partial text",
  "result lines",
];

function cells({ exitCode, requests, retries, keepsPartialText, resultLines, isInTime }: Outcome): string[] {
  return [
    isInTime ? String(exitCode) : "too late",
    String(requests),
    String(retries),
    keepsPartialText ? "kept" : "none",
    String(resultLines),
  ];
}

await using rig = await MatrixRig.start();
const rows: string[][] = [HEADER];
for (const cell of CELLS) {
  rows.push([cell.path, cell.transport, cell.point, cell.fault, ...cells(await rig.run(cell))]);
}
const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
for (const row of rows) {
  console.log(row.map((text, column) => text.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
}
