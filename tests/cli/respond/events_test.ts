import { EVENT_ROWS } from "../../responses/events/event_rows.ts";
import { SIDE_FACT_ROWS } from "../../responses/events/side_fact_rows.ts";
import { assertEquals } from "../../support/assert.ts";
import { converse, scriptOf, TRANSPORT_NAMES, TRANSPORTS } from "./transport_kit.ts";

for (const row of [...EVENT_ROWS, ...SIDE_FACT_ROWS]) {
  for (const transport of row.headers === undefined ? TRANSPORTS : ["sse" as const]) {
    Deno.test(`the program over ${TRANSPORT_NAMES[transport]}: ${row.name}`, async () => {
      const conversed = await converse({ transport, script: scriptOf(row) });
      row.check(conversed);
      assertEquals([conversed.run.code, conversed.requests], [conversed.result.exit_code, 1]);
    });
  }
}
