import { assertEquals } from "../../support/assert.ts";
import { FAILED_ROWS } from "./failed_rows.ts";
import { CREATED, failed, failsWith, runScript, stream } from "../kit.ts";

for (const row of FAILED_ROWS) {
  Deno.test(`over SSE: response.failed: ${row.name}`, async () => {
    const reading = await runScript([stream([CREATED, failed(row.error)])], {
      provider: { streamMaxRetries: 1 },
    });
    failsWith(row.code, row.exit, row.says)(reading);
    assertEquals(
      reading.of("culvert.retry").map(({ delay_ms, attempt, max, level }) => [delay_ms, attempt, max, level]),
      row.retriedAfter === undefined ? [] : [[row.retriedAfter, 1, 1, "stream"]],
    );
    assertEquals(reading.seen.length, row.retriedAfter === undefined ? 1 : 2);
  });
}
