/** `respond --tool-output`: a script runs the tools and sends their outputs. */
import { parseToolOutputs } from "../../../../lib/cli/respond/tools/tool_outputs.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";
import { CulvertError } from "../../../../lib/errors.ts";
import { join } from "../../../support/paths.ts";
import { runIn, workplace } from "../../../support/on_path.ts";
import { ON_WINDOWS, skippedIf } from "../../../support/skipped.ts";
import { type Bench, bench } from "../kit.ts";

const CALL = {
  type: "function_call",
  name: "look",
  arguments: "{}",
  call_id: "call_1",
  id: "fc_1",
  status: "completed",
};
const CUSTOM = { type: "custom_tool_call", name: "sql", input: "select 1", call_id: "call_2", id: "ctc_2" };
const stateOf = (b: Bench) => ({ XDG_STATE_HOME: join(b.directory, "state") });

for (
  const [form, text] of [
    ["an object", '{"call_id": "call_1", "output": "x"}'],
    ["an array", '[{"call_id": "call_1", "output": "x"}]'],
    ["lines", '\n{"call_id": "call_1", "output": "x"}\n\n'],
    ["a whole item", '{"type": "function_call_output", "call_id": "call_1", "output": "x"}'],
  ] as const
) {
  Deno.test(`outputs are read from ${form}`, () => {
    assertEquals(parseToolOutputs(text, "f", [CALL]), [
      { type: "function_call_output", call_id: "call_1", output: "x" },
    ]);
  });
}

Deno.test("the output of a custom tool has the type of its call, and a JSON value is sent as JSON text", () => {
  const text = '{"call_id": "call_2", "output": {"rows": 1}}\n{"call_id": "call_1", "output": null}';
  assertEquals(parseToolOutputs(text, "f", [CALL, CUSTOM]), [
    { type: "custom_tool_call_output", call_id: "call_2", output: '{"rows":1}' },
    { type: "function_call_output", call_id: "call_1", output: "null" },
  ]);
});

for (
  const [reason, text] of [
    ["line 2 is not JSON", '{"call_id": "call_1", "output": "x"}\nnonsense'],
    ["no call_id", '{"output": "x"}'],
    ["two outputs", '[{"call_id": "call_1", "output": "x"}, {"call_id": "call_1", "output": "y"}]'],
    ['the conversation has no call "call_9"', '{"call_id": "call_9", "output": "x"}'],
    ["it contains no output", "\n"],
  ] as const
) {
  Deno.test(`outputs cannot be used: ${reason}`, () => {
    assertThrows(
      () => parseToolOutputs(text, "--tool-output f", [CALL]),
      (error: unknown) =>
        error instanceof CulvertError && error.code === "input_unreadable" && error.message.includes(reason),
    );
  });
}

Deno.test("outputs from a file and from standard input continue a conversation, and are stored in it", async () => {
  await using b = await bench();
  const env = stateOf(b);
  b.api.enqueue({ items: [CALL, CUSTOM], text: [] }, { text: "answer" }, { text: "more" });
  const first = await b.respond(["--conversation", "work", "hello"], { env });
  assertEquals(first.code, 0);
  const outputs = join(b.directory, "outputs.jsonl");
  await Deno.writeTextFile(outputs, '{"call_id": "call_1", "output": "seen"}\n');
  const second = await b.respond(["-c", "--tool-output", outputs, "--tool-output", "-"], {
    env,
    stdin: '{"call_id": "call_2", "output": "1"}',
  });
  assertEquals([second.code, second.stdout], [0, "answer\n"], second.stderr);
  const third = await b.respond(["-c", "thanks"], { env });
  assertEquals(third.stdout, "more\n");
  const body = JSON.parse(JSON.stringify(b.api.log.turns.at(-1)?.json));
  assertEquals(body.input.map(({ type }: { readonly type: string }) => type), [
    "message",
    "function_call",
    "custom_tool_call",
    "function_call_output",
    "custom_tool_call_output",
    "message",
    "message",
  ]);
});

Deno.test("a call without an output is answered with the statement that the tool was not run", async () => {
  await using b = await bench();
  const env = stateOf(b);
  b.api.enqueue({ items: [CALL, CUSTOM], text: [] }, { text: "answer" });
  await b.respond(["--conversation", "work", "hello"], { env });
  const outputs = join(b.directory, "outputs.json");
  await Deno.writeTextFile(outputs, '{"call_id": "call_1", "output": "seen"}');
  const run = await b.respond(["-c", "--tool-output", outputs, "go on"], { env });
  assertEquals([run.code, run.stdout], [0, "answer\n"], run.stderr);
  const body = JSON.parse(JSON.stringify(b.api.log.turns.at(-1)?.json));
  const sent = body.input.flatMap(({ call_id, output }: Record<string, unknown>) =>
    output === undefined ? [] : [[call_id, output]]
  );
  assertEquals(sent.toSorted(), [["call_1", "seen"], ["call_2", "The tool was not run."]]);
});

Deno.test("--tool-output without a conversation, or with standard input named twice, exits 2", async () => {
  await using b = await bench();
  for (const args of [["--tool-output", "x"], ["-c", "--tool-output", "-", "-"]]) {
    const run = await b.respond(args, { env: stateOf(b) });
    assertEquals([run.code, b.api.log.turns.length], [2, 0]);
  }
});

const NO_JQ = ON_WINDOWS ?? (await hasJq() ? undefined : "jq is not installed");

async function hasJq(): Promise<boolean> {
  return (await new Deno.Command("jq", { args: ["--version"] }).output().catch(() => null))?.success === true;
}

Deno.test(
  skippedIf(NO_JQ, "the README's script runs the tools of a turn with jq, as written and in under 30 lines"),
  async () => {
    const readme = await Deno.readTextFile(new URL("../../../../README.md", import.meta.url));
    const script = /<!-- example: tool-loop -->\n\n```sh\n(.*?)```/s.exec(readme)?.[1] ?? "";
    assertEquals(script.split("\n").length < 30, true);
    await using b = await bench();
    await using place = await workplace({
      ...stateOf(b),
      CODEX_CA_CERTIFICATE: b.bundle,
      CULVERT_API_KEY: "sk-example-0123456789",
      OPENAI_BASE_URL: b.api.baseUrl,
    });
    const path = join(place.directory, "loop.sh");
    await Deno.writeTextFile(path, script);
    const count = (text: string, id: string) => ({
      ...CALL,
      name: "word_count",
      arguments: JSON.stringify({ text }),
      call_id: id,
      id: `fc_${id}`,
    });
    b.api.enqueue({ items: [count("one two", "a"), count("three", "b")], text: [] }, {
      items: [count("a b c d", "c")],
      text: [],
    }, { text: "Seven words." });
    const { code, stdout, stderr } = await runIn(place, "sh", [path, "How many words?"]);
    assertEquals([code, stdout], [0, "Seven words.\n"], stderr);
    const body = JSON.parse(JSON.stringify(b.api.log.turns.at(-1)?.json));
    const outputs = body.input.filter(({ type }: { readonly type: string }) =>
      type === "function_call_output"
    );
    assertEquals(outputs.map(({ output }: { readonly output: string }) => output.trim()), ["2", "1", "4"]);
  },
);
