import { raceAbort } from "../../../lib/async/race_abort.ts";
import { PendingCapture } from "../../../lib/capture/export/clickhouse/pending_capture.ts";
import { startShipping } from "../../../lib/capture/export/clickhouse/ship.ts";
import { dialerFor, worldWith } from "../../net/kit.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { recordSession } from "../record/sample_capture.ts";

Deno.test("the end of a shipped capture does not wait for a ClickHouse that refuses its records for good", async () => {
  await using recording = await recordSession({ turns: 1 });
  await recording.recorder.close();
  let isPrepared = false;
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => {
    if (!isPrepared) {
      isPrepared = true;
      return new Response("");
    }
    return new Response("Code: 117, e.displayText() = DB::Exception: Unknown field", { status: 500 });
  });
  using dialer = await dialerFor();
  using source = await PendingCapture.open(recording.directory);
  const messages: string[] = [];
  const shipping = await startShipping({
    source,
    url: new URL(`http://127.0.0.1:${server.addr.port}/`),
    dialer,
    world: worldWith(),
    onTrouble: ({ message }) => messages.push(message),
    onResume: () => messages.push("resumed"),
  });
  const { inserted, left, error } = await raceAbort(shipping.finish(60_000), AbortSignal.timeout(15_000));
  assertEquals([inserted, left > 0], [0, true]);
  assertIncludes(error?.message ?? "", "Unknown field");
  assertEquals(messages.length, 1);
});
