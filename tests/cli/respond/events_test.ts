import { EVENT_ROWS } from "../../responses/events/event_rows.ts";
import { SIDE_FACT_ROWS } from "../../responses/events/side_fact_rows.ts";
import { assertEquals } from "../../support/assert.ts";
import { converse, scriptOf, WIRE_NAMES, WIRES } from "./wire_kit.ts";

for (const row of [...EVENT_ROWS, ...SIDE_FACT_ROWS]) {
  for (const wire of row.headers === undefined ? WIRES : ["sse" as const]) {
    Deno.test(`the program over ${WIRE_NAMES[wire]}: ${row.name}`, async () => {
      const conversed = await converse({ wire, script: scriptOf(row) });
      row.check(conversed);
      assertEquals([conversed.run.code, conversed.requests], [conversed.result.exit_code, 1]);
    });
  }
}
