import fc from "fast-check";
import { mergeTextDeltas } from "../../lib/responses/merge_text_deltas.ts";
import { assertEquals } from "../support/assert.ts";

function delta(text: string, extra: Readonly<Record<string, unknown>> = {}, item = "msg_1"): string {
  return JSON.stringify({
    type: "response.output_text.delta",
    sequence_number: 7,
    item_id: item,
    output_index: 0,
    content_index: 0,
    delta: text,
    logprobs: [],
    ...extra,
  });
}

/** The text per item that a list of events carries. */
function textOf(events: readonly string[]): string[] {
  return events.map((event) => JSON.parse(event)).filter(({ type }) => type === "response.output_text.delta")
    .map(({ item_id, delta }) => `${item_id}:${delta}`);
}

Deno.test("pieces of one text that arrive together become one, whatever they hold", () => {
  const pieces = fc.array(
    fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom('"', "\\", '\\"', '"delta":"', "\n", "{[")),
    {
      minLength: 1,
      maxLength: 20,
    },
  );
  fc.assert(fc.property(pieces, (texts) => {
    const merged = mergeTextDeltas(texts.map((text) => delta(text)));
    assertEquals(textOf(merged), [`msg_1:${texts.join("")}`]);
    assertEquals(JSON.parse(merged[0] ?? "").logprobs, []);
  }));
});

Deno.test("other events stay where they are, and text is merged only up to them", () => {
  const other = JSON.stringify({ type: "response.in_progress", response: {} });
  const merged = mergeTextDeltas([other, delta("a"), delta("b"), other, delta("c"), other]);
  assertEquals(merged, [other, delta("ab"), other, delta("c"), other]);
});

Deno.test("pieces of different items or parts are kept apart", () => {
  const merged = mergeTextDeltas([
    delta("a"),
    delta("b", {}, "msg_2"),
    delta("c", { content_index: 1 }, "msg_2"),
  ]);
  assertEquals(merged.length, 3);
});

Deno.test("an event that says more than its text, or is not as the API writes it, is left alone", () => {
  for (
    const odd of [
      delta("x", { safety_buffering: { use_cases: [], reasons: [] } }),
      delta("x", { headers: { "openai-model": "other" } }),
      `{"type":"response.output_text.delta","logprobs":[{"delta":"inner"}],"item_id":"msg_1","delta":"x"}`,
      `{"item_id":"msg_1","type":"response.output_text.delta","delta":"x"}`,
      `{"type":"response.output_text.delta","item_id":"msg_1","delta":5}`,
      `{"type":"response.output_text.delta","item_id":"msg_1","delta":"x`,
      `{"type":"response.output_text.delta","item_id":"msg_1","delta":"tab\there"}`,
      "not json",
    ]
  ) {
    assertEquals(mergeTextDeltas([delta("a"), odd, delta("b")]), [delta("a"), odd, delta("b")], odd);
  }
});
