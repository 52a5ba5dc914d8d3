import { followCapture } from "../../../lib/capture/view/live_capture.ts";
import { indexOf } from "../../../lib/capture/view/view_index.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { pass, record } from "../record/recording_kit.ts";
import { answerOf, event, requestOf } from "../record/sample_capture.ts";

Deno.test("a live capture keeps a limited number of events in memory and counts the rest, and no exchange loses its outcome", async () => {
  await using recording = await record();
  using live = await followCapture(recording.directory, 1_000);
  for (let turn = 0; turn < 60; turn++) {
    pass(recording, {
      url: "https://api.openai.com/v1/responses",
      requestBody: requestOf(1),
      responseHeaders: ["content-type", "text/event-stream"],
      response: [
        ...Array.from({ length: 100 }, () => event("response.output_text.delta", { delta: "a word" })),
        ...answerOf(1),
      ],
    });
    await recording.recorder.flush();
    live.refresh();
    const held = live.capture().exchanges.reduce((all, { events }) => all + events.length, 0);
    assert(held <= 1_000 + 60, `${held} events in memory`);
  }
  const { rows, turns, capture } = indexOf(live.capture());
  assertEquals(rows.length, 60);
  assertEquals(new Set(rows.map(({ events }) => events)), new Set([100 + answerOf(1).length]));
  assertEquals(new Set(turns.map(({ outcome }) => outcome)), new Set(["completed"]));
  assertEquals(capture.left_out, live.leftOut());
  assert(live.leftOut() > 4_000, `${live.leftOut()} events were left out`);
  await recording.recorder.close();
});
