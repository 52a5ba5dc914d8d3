import { ONCE, replyOf, runScript } from "../kit.ts";
import { SIDE_FACT_ROWS } from "./side_fact_rows.ts";

for (const row of SIDE_FACT_ROWS) {
  Deno.test(`side facts: ${row.name}`, async () => {
    row.check(await runScript([replyOf(row)], { provider: ONCE }));
  });
}
