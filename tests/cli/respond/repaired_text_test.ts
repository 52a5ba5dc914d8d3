/** Text of an answer with a damaged event in it, as it is printed. */
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { scriptedServer } from "../../responses/kit.ts";
import { frames } from "../../responses/kit.ts";

const DAMAGED = '{"type":"response.output_text.del';
const CREATED = { type: "response.created", response: { id: "resp_1" } };
const COMPLETED = { type: "response.completed", response: { id: "resp_1", output: [] } };

const at = (output_index: number, content_index: number) => ({
  item_id: `msg_${output_index}`,
  output_index,
  content_index,
});
const delta = (text: string, place: object = at(0, 0)) => ({
  type: "response.output_text.delta",
  ...place,
  delta: text,
});
const done = (text: string, place: object = at(0, 0)) => ({
  type: "response.output_text.done",
  ...place,
  text,
});
const added = (index: number) => ({
  type: "response.output_item.added",
  output_index: index,
  item: { type: "message", id: `msg_${index}`, role: "assistant", content: [] },
});
const item = (index: number, text: string) => ({
  type: "response.output_item.done",
  output_index: index,
  item: {
    type: "message",
    id: `msg_${index}`,
    role: "assistant",
    content: [{ type: "output_text", text }],
  },
});

const ROWS: readonly (readonly [name: string, events: readonly (object | string)[], printed: string])[] = [
  [
    "a delta in the middle",
    [added(0), delta("one "), DAMAGED, delta("three"), done("one two three")],
    "one two three",
  ],
  [
    "the first delta",
    [added(0), DAMAGED, delta("two"), done("one two")],
    "one two",
  ],
  [
    "the event that ends the first part of a message",
    [
      added(0),
      delta("Hello "),
      DAMAGED,
      delta("World", at(0, 1)),
      done("World", at(0, 1)),
      item(0, "Hello World"),
    ],
    "Hello World",
  ],
  [
    "the event that announces the second message",
    [added(0), delta("first"), done("first"), DAMAGED, delta("second", at(1, 0)), done("second", at(1, 0))],
    "first\n\nsecond",
  ],
  [
    "a delta of the second message, whose end repeats the text",
    [added(0), delta("first"), done("first"), added(1), delta("sec", at(1, 0)), DAMAGED, item(1, "second")],
    "first\n\nsecond",
  ],
  [
    "a delta where the events name no place",
    [added(0), delta("one ", {}), DAMAGED, done("one two", {})],
    "one two",
  ],
];

for (const [name, events, printed] of ROWS) {
  Deno.test(`the printed text is complete although ${name} is damaged`, async () => {
    await using server = scriptedServer(() =>
      new Response(frames([CREATED, ...events, COMPLETED]), {
        headers: { "content-type": "text/event-stream" },
      })
    );
    const run = await culvert(["respond", "--base-url", server.url, "hi"], {
      env: { CULVERT_API_KEY: "sk-test" },
    });
    assertEquals([run.code, run.stdout], [0, `${printed}\n`], run.stderr);
    assertIncludes(run.stderr, "damaged");
  });
}
