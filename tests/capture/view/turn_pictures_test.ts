import { captureContext } from "../../../lib/capture/view/capture_context.ts";
import { detailOf } from "../../../lib/capture/view/view_detail.ts";
import { capturePicture, pictureContext } from "../../../lib/capture/view/turn_pictures.ts";
import { turnsOf } from "../../../lib/capture/record/read/turns.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { answerOf, recordSession, requestOf } from "../record/sample_capture.ts";
import { pass, record } from "../record/recording_kit.ts";

const URL_OF_MODEL = "https://chatgpt.com/backend-api/codex/responses";

Deno.test("the picture of a call begins with the attempt that was refused with 401", async () => {
  await using recording = await recordSession({ turns: 2 });
  using capture = await recording.load();
  const turns = turnsOf(capture);
  const context = pictureContext(capture, turns);
  const turn = turns.find(({ outcome }) => outcome === "completed")!;
  const { rows } = capturePicture(turn, context);
  assertEquals(rows.map(({ label, status, outcome }) => [label, status, outcome]), [
    ["attempt 1", "401", "bad"],
    ["attempt 2", "completed", "good"],
  ]);
  assertEquals(rows[1]?.repeats, { row: 0, why: "after 401" });
  assertEquals(rows[1]?.items.length, 1);
  const detail = detailOf(turn.exchange, captureContext(capture));
  assertIncludes(detail.turns[0]!.picture.svg, "Model call: 2 attempts in");
  assertEquals(detail.turns[0]!.picture.table.length, 3);
});

Deno.test("a long time without an event is a gap, and a later call of a websocket reuses its connection", async () => {
  await using recording = await recordSession({ turns: 1, gapMs: 40, socket: true });
  pass(recording, {
    url: URL_OF_MODEL,
    requestBody: requestOf(1),
    response: [...answerOf(1).slice(0, 3), ...answerOf(1).slice(3)],
    gapMs: 900,
  });
  using capture = await recording.load();
  const turns = turnsOf(capture);
  const context = pictureContext(capture, turns);
  const later = turns.find(({ transport, index }) => transport === "websocket" && index > 0)!;
  assertEquals(capturePicture(later, context).rows.at(-1)?.is_reused, true);
  const even = turns.at(-1)!;
  // All pauses have the usual length, so none is a stall.
  assertEquals(capturePicture(even, context).rows[0]?.gaps, []);
});

Deno.test("texts of a capture are in the picture without markup", async () => {
  await using recording = await record();
  pass(recording, {
    url: URL_OF_MODEL,
    requestBody: requestOf(0),
    status: 500,
    response: ["<script>x</script>"],
  });
  using capture = await recording.load();
  const [turn] = turnsOf(capture);
  const detail = detailOf(turn!.exchange, captureContext(capture));
  assertIncludes(detail.turns[0]!.picture.svg, "500");
  assertExcludes(detail.turns[0]!.picture.svg, "<script");
});
