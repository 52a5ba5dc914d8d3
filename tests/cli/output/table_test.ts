import { renderTable } from "../../../lib/cli/output/table.ts";
import { assert, assertEquals } from "../../support/assert.ts";

Deno.test("a table aligns its columns and has no blanks at the ends of lines", () => {
  assertEquals(renderTable([["A", "LONG"], ["abc", "x"], ["d", ""]]), "A    LONG\nabc  x\nd\n");
});

Deno.test("a table is truncated to the width of the line at its widest column", () => {
  const text = renderTable([["NAME", "TITLE"], ["id-1", "t".repeat(200)]], 40);
  assert(text.split("\n").every((line) => line.length <= 40));
  assertEquals(text.split("\n")[1]?.endsWith("t…"), true);
});

Deno.test("a table shows no control character of its cells", () => {
  assertEquals(renderTable([["a\x1b[31mb\nc"]]), "a [31mb c\n");
});
