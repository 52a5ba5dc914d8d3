/** Answers whose text comes in finished items, not in deltas, as some gateways send them. */
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { frames, scriptedServer } from "../../responses/kit.ts";

const CREATED = { type: "response.created", response: { id: "resp_1" } };

const message = (text: string, more: object = {}) => ({
  type: "message",
  role: "assistant",
  content: [{ type: "output_text", text }],
  ...more,
});
const REFUSAL = { type: "message", role: "assistant", content: [{ type: "refusal", refusal: "I cannot." }] };
const added = (index: number, more: object = {}) => ({
  type: "response.output_item.added",
  output_index: index,
  item: { type: "message", role: "assistant", content: [], ...more },
});
const delta = (text: string, index?: number) => ({
  type: "response.output_text.delta",
  delta: text,
  ...(index === undefined ? {} : { output_index: index, content_index: 0 }),
});
const done = (item: object, index?: number) => ({
  type: "response.output_item.done",
  item,
  ...(index === undefined ? {} : { output_index: index }),
});
const completed = (...output: readonly object[]) => ({
  type: "response.completed",
  response: { id: "resp_1", output },
});

interface Row {
  readonly name: string;
  readonly events: readonly object[];
  readonly printed: string;
}

const ROWS: readonly Row[] = [
  { name: "only one item", events: [done(message("one"), 0), completed()], printed: "one" },
  { name: "one item without an index", events: [done(message("one")), completed()], printed: "one" },
  {
    name: "one item, which the end repeats",
    events: [done(message("one"), 0), completed(message("one"))],
    printed: "one",
  },
  { name: "an announced item", events: [added(0), done(message("one"), 0), completed()], printed: "one" },
  {
    name: "two items without an index",
    events: [done(message("one")), done(message("two")), completed()],
    printed: "one\n\ntwo",
  },
  {
    name: "an item with deltas before one without",
    events: [added(0), delta("one", 0), done(message("one"), 0), done(message("two"), 1), completed()],
    printed: "one\n\ntwo",
  },
  {
    name: "an item without deltas before one with",
    events: [done(message("one"), 0), added(1), delta("two", 1), done(message("two"), 1), completed()],
    printed: "one\n\ntwo",
  },
  {
    name: "deltas without an index before the item",
    events: [delta("o"), delta("ne"), done(message("one")), completed(message("one"))],
    printed: "one",
  },
  {
    name: "deltas of two items whose ends come after both",
    events: [
      ...[added(0), delta("one", 0), added(1), delta("two", 1)],
      ...[done(message("one"), 0), done(message("two"), 1), completed(message("one"), message("two"))],
    ],
    printed: "one\n\ntwo",
  },
  {
    name: "an item that ends twice",
    events: [done(message("one"), 0), done(message("one"), 0), completed()],
    printed: "one",
  },
  {
    name: "a commentary and an answer",
    events: [done(message("hm", { phase: "commentary" }), 0), done(message("one"), 1), completed()],
    printed: "one",
  },
  {
    name: "an announced commentary and an answer",
    events: [
      ...[added(0, { phase: "commentary" }), done(message("hm", { phase: "commentary" }), 0)],
      ...[done(message("one"), 1), completed()],
    ],
    printed: "one",
  },
  { name: "only the end", events: [completed(message("one"), message("two"))], printed: "one\n\ntwo" },
  {
    name: "only the end, after an announcement",
    events: [added(0), completed(message("one"))],
    printed: "one",
  },
  {
    name: "response.done alone",
    events: [{
      type: "response.done",
      response: { id: "resp_1", status: "completed", output: [message("one")] },
    }],
    printed: "one",
  },
];

async function respond(
  events: readonly object[],
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
) {
  await using server = scriptedServer(() =>
    new Response(frames([CREATED, ...events]), { headers: { "content-type": "text/event-stream" } })
  );
  return await culvert(["respond", "--base-url", server.url, ...args, "hi"], {
    env: { CULVERT_API_KEY: "sk-test", ...env },
  });
}

for (const { name, events, printed } of ROWS) {
  Deno.test(`the text of an answer is printed once where the stream has ${name}`, async () => {
    const run = await respond(events);
    assertEquals([run.code, run.stdout, run.stderr], [0, `${printed}\n`, ""]);
  });
}

for (
  const [where, events] of [["an item", [done(REFUSAL, 0), completed()]], ["the end", [
    completed(REFUSAL),
  ]]] as const
) {
  Deno.test(`a refusal that comes in ${where} alone ends with exit 8 and is quoted once`, async () => {
    const run = await respond(events);
    assertEquals([run.code, run.stdout], [8, ""]);
    assertEquals(run.stderr.split("I cannot.").length, 2, run.stderr);
  });
}

Deno.test("an answer that comes in the end alone is saved by -o and kept in the conversation", async () => {
  const home = await Deno.makeTempDir({ prefix: "culvert-item-only-" });
  try {
    const file = join(home, "answer.txt");
    const env = { XDG_STATE_HOME: home };
    const run = await respond([completed(message("one"))], ["-o", file, "--conversation", "plan"], env);
    assertEquals([run.code, run.stdout], [0, "one\n"], run.stderr);
    assertEquals(await Deno.readTextFile(file), "one\n");
    const kept = await culvert(["conversation", "show", "plan"], { env });
    assertIncludes(kept.stdout, "one");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
