import { comparePrompts } from "../../../lib/capture/diff/compare_prompts.ts";
import { promptOf } from "../../../lib/capture/diff/prompt_parts.ts";
import { compareSides, openSide } from "../../../lib/capture/diff/compare_captures.ts";
import { loadDirectory } from "../../../lib/capture/record/read/exchanges.ts";
import { diffPage } from "../../../lib/capture/diff/diff_page.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { pass, record } from "../record/recording_kit.ts";
import { answerOf, recordSession, requestOf } from "../record/sample_capture.ts";

const user = (text: string) => ({ type: "message", role: "user", content: text });
const tool = (name: string, more: object = {}) => ({ type: "function", name, ...more });
const base = {
  model: "gpt-5",
  instructions: "Be careful.",
  tools: [tool("shell"), tool("edit")],
  input: [user("one"), user("two")],
};

function compare(before: object, after: object) {
  return comparePrompts(promptOf(before), promptOf(after));
}

Deno.test("a prompt that only continues the earlier one causes no cache miss", () => {
  const comparison = compare(base, { ...base, input: [...base.input, user("three")] });
  assertEquals(comparison.break, undefined);
  assertEquals(comparison.sameParts, 5);
  assertEquals(
    comparison.parts.filter(({ change }) => change !== "same").map(({ change, label }) => [change, label]),
    [["added", "message user"]],
  );
});

const CASES: readonly (readonly [name: string, after: object, kind: string, pointer: string, why: RegExp])[] =
  [
    ["another model", { ...base, model: "gpt-5-mini" }, "parameter", "/model", /model differs/],
    [
      "another cache key",
      { ...base, prompt_cache_key: "b" },
      "parameter",
      "/prompt_cache_key",
      /prompt_cache_key differs/,
    ],
    [
      "changed instructions",
      { ...base, instructions: "Be careful. It is 12:31." },
      "instructions",
      "/instructions",
      /instructions changed.*none of it/,
    ],
    [
      "a changed tool",
      { ...base, tools: [tool("shell", { strict: true }), tool("edit")] },
      "tool",
      "/tools/0/strict",
      /tool shell changed.*tools come first/,
    ],
    [
      "tools in another order",
      { ...base, tools: [tool("edit"), tool("shell")] },
      "tool",
      "/tools/0",
      /tool shell (moved|was removed)|tool edit was inserted/,
    ],
    [
      "an added tool",
      { ...base, tools: [tool("search"), ...base.tools] },
      "tool",
      "/tools/0",
      /tool search was inserted before tool shell/,
    ],
    [
      "a changed item",
      { ...base, input: [user("one"), user("TWO")] },
      "item",
      "/input/1/content",
      /message user changed/,
    ],
    ["a removed item", { ...base, input: [user("two"), user("three")] }, "item", "/input/0", /was removed/],
    [
      "an inserted item",
      { ...base, input: [user("zero"), ...base.input] },
      "item",
      "/input/0",
      /was inserted before/,
    ],
    ["a compacted history", { ...base, input: [] }, "item", "/input/0", /ends before message user/],
  ];

for (const [name, after, kind, pointer, why] of CASES) {
  Deno.test(`the cause of a cache miss is named: ${name}`, () => {
    const { break: broken } = compare(base, after);
    assert(broken !== undefined);
    assertEquals([broken.kind, broken.pointer], [kind, pointer]);
    assert(why.test(broken.why), broken.why);
  });
}

Deno.test("a call that continues an earlier response has the earlier prompt, the answer and its own input", async () => {
  await using recording = await recordSession({ turns: 0 });
  await recording.recorder.close();
  const side = await openSide(recording.directory, loadDirectory);
  using _capture = side.capture;
  const socket = { ...side, turns: side.turns.filter(({ transport }) => transport === "websocket") };
  const [first, second] = socket.turns;
  assert(first !== undefined && second !== undefined);
  const [comparison] = compareSides({ ...socket, turns: [first] }, { ...socket, turns: [second] });
  assertEquals(comparison?.break, undefined);
  assertEquals(comparison?.parts.map(({ change, label }) => [change, label]), [
    ["same", "message developer"],
    ["added", "message assistant"],
    ["added", "message user"],
  ]);
});

Deno.test("the page of a comparison escapes hostile text", async () => {
  await using recording = await record();
  for (const instructions of ["plain", "<script>alert(1)</script>"]) {
    pass(recording, {
      requestBody: requestOf(0, { instructions }),
      responseHeaders: ["content-type", "text/event-stream"],
      response: answerOf(0),
    });
  }
  await recording.recorder.close();
  const [one, other] = [
    await openSide(`${recording.directory}#x1`, loadDirectory),
    await openSide(`${recording.directory}#x2`, loadDirectory),
  ];
  using _one = one.capture;
  using _other = other.capture;
  const page = await diffPage(["a<b", "b"], compareSides(one, other), []);
  assertExcludes(page, "<script>");
  assertIncludes(page, "&#60;script&#62;");
});
