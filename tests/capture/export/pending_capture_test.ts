import { PendingCapture } from "../../../lib/capture/export/clickhouse/pending_capture.ts";
import { rowsOf } from "../../../lib/capture/export/clickhouse/rows.ts";
import { loadDirectory } from "../../../lib/capture/record/read/exchanges.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { pass, record, type Recording } from "../record/recording_kit.ts";
import { answerOf, event, requestOf } from "../record/sample_capture.ts";

async function turns(recording: Recording, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    pass(recording, {
      url: "https://api.openai.com/v1/responses",
      requestBody: requestOf(1),
      ...(turn % 10 === 9 ? { status: 401, response: ["{}"] } : {
        responseHeaders: ["content-type", "text/event-stream"],
        response: [
          ...Array.from({ length: 100 }, () => event("response.output_text.delta", { delta: "a word" })),
          ...answerOf(1),
        ],
      }),
    });
    await recording.recorder.flush();
  }
}

/** Events and messages in memory. */
function held(pending: PendingCapture): number {
  return pending.capture().exchanges.reduce(
    (all, { events, messages }) => all + events.length + messages.length,
    0,
  );
}

Deno.test("rows that are produced incrementally equal those of the whole capture, and few records are in memory", async () => {
  await using recording = await record();
  await turns(recording, 80);
  await recording.recorder.close();
  using pending = await PendingCapture.open(recording.directory);
  const rows: unknown[] = [];
  let most = 0;
  let last = -1;
  let inserted = 0;
  while (pending.readMore()) {
    for (const row of rowsOf(pending.capture(), last)) {
      rows.push(row);
      last = Number(row["seq"]);
    }
    most = Math.max(most, held(pending));
    inserted += pending.inserted(last);
    assert(held(pending) < 400, `${held(pending)} events are in memory after their insertion`);
  }
  using whole = await loadDirectory(recording.directory);
  const all = [...rowsOf(whole)];
  assertEquals(rows, all);
  assertEquals(inserted, all.length);
  assert(most < all.length / 2, `${most} events of ${all.length} were in memory at once`);
  assertEquals(pending.countRest(), 0);
});

Deno.test("unread records are counted without being kept", async () => {
  await using recording = await record();
  await turns(recording, 80);
  await recording.recorder.close();
  using pending = await PendingCapture.open(recording.directory);
  pending.readMore();
  const [first] = rowsOf(pending.capture());
  assertEquals(pending.inserted(Number(first?.["seq"])), 1);
  const before = held(pending);
  using whole = await loadDirectory(recording.directory);
  assertEquals(pending.countRest(), [...rowsOf(whole)].length - 1);
  assertEquals(held(pending), before);
});
