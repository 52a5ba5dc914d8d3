import { assert, assertEquals } from "../../support/assert.ts";
import { EVENT_ROWS } from "../events/event_rows.ts";
import { COMPLETED, CREATED, failed, failsWith, held, ONCE, replyOf, runScript } from "../kit.ts";

for (const row of EVENT_ROWS) {
  Deno.test(`over SSE: ${row.name}`, async () => {
    row.check(await runScript([replyOf(row)], { provider: ONCE }));
  });
}

Deno.test("over SSE: the completed event ends the turn although the stream stays open", async () => {
  const reading = await runScript([held([CREATED, COMPLETED])]);
  assertEquals(reading.types, [
    "culvert.connected",
    "response.created",
    "response.completed",
    "culvert.result",
  ]);
  assert(reading.result.timings_ms.total < 1_000, `${reading.result.timings_ms.total} ms`);
});

Deno.test("over SSE: a failed event ends the turn immediately although the stream stays open", async () => {
  const reading = await runScript([held([CREATED, failed({ code: "invalid_prompt", message: "no" })])]);
  assertEquals(reading.types.slice(1, 3), ["response.created", "response.failed"]);
  failsWith("invalid_request", 8, "no")(reading);
  assert(reading.result.timings_ms.total < 1_000, `${reading.result.timings_ms.total} ms`);
});
