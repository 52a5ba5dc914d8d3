/** `respond --tool`: commands that run the tools which the model calls. */
import { unlessLacking } from "../../../support/runtime_abilities.ts";
import { parseCommandTool } from "../../../../lib/cli/respond/tools/command_tool.ts";
import { splitWords } from "../../../../lib/cli/command/flags/split_words.ts";
import { assert, assertEquals, assertIncludes, assertThrows } from "../../../support/assert.ts";
import { culvert, jsonLines } from "../../../support/culvert.ts";
import { join } from "../../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../../support/skipped.ts";
import { type Bench, bench, PLANTED_KEY } from "../kit.ts";

function call(name: string, args: string, callId = `call_${name}`) {
  return {
    id: `fc_${callId}`,
    type: "function_call",
    name,
    arguments: args,
    call_id: callId,
    status: "completed",
  };
}

/** The input of each request: type, and text or output. */
function inputs(b: Bench): readonly string[] {
  const body = JSON.parse(JSON.stringify(b.api.log.turns.at(-1)?.json ?? null));
  return body.input.map((item: Record<string, unknown>) =>
    `${item["type"]} ${JSON.stringify(item["output"] ?? item["name"] ?? item["content"])}`
  );
}

for (
  const [text, words] of [
    ["date +%T", ["date", "+%T"]],
    [`jq '.a | .b'  "x y" z`, ["jq", ".a | .b", "x y", "z"]],
    [`say "a \\"quoted\\" word" it\\ is ''`, ["say", 'a "quoted" word', "it is", ""]],
    ["a$HOME `b` *", ["a$HOME", "`b`", "*"]],
    ["  ", []],
  ] as const
) {
  Deno.test(`the command line ${JSON.stringify(text)} is split into ${words.length} words`, () => {
    assertEquals(splitWords(text, false), [...words]);
  });
}

Deno.test("an unclosed quote is an error, and on Windows a backslash separates folders", () => {
  assertThrows(() => splitWords("say 'hi", false), /not closed/);
  assertEquals(splitWords(String.raw`C:\tools\now.exe "a b"`, true), [String.raw`C:\tools\now.exe`, "a b"]);
});

for (
  const [value, reason] of [["date", "name of a tool"], ["=date", "name"], ["a b=x", "name"], [
    "now= ",
    "no command",
  ]] as const
) {
  Deno.test(`--tool ${JSON.stringify(value)} is refused: ${reason}`, () => {
    assertThrows(() => parseCommandTool(value), new RegExp(reason));
  });
}

Deno.test(
  skippedIf(
    ON_WINDOWS,
    "the command gets the arguments on its standard input, and its output is sent to the model",
  ),
  async () => {
    await using b = await bench();
    b.api.enqueue({ items: [call("echo", '{"text":"a\\nb"}')], text: [] }, { text: "done" });
    const run = await b.respond(["--tool", "echo=cat", "hello"]);
    assertEquals([run.code, run.stdout], [0, "done\n"]);
    assertIncludes(run.stderr, "tool echo: done in");
    assertEquals(inputs(b), [
      'message [{"type":"input_text","text":"hello"}]',
      'function_call "echo"',
      `function_call_output ${JSON.stringify('{"text":"a\\nb"}')}`,
    ]);
    const [first, second] = b.api.log.turns.map(({ json }) => JSON.parse(JSON.stringify(json)));
    assertEquals(first.tools, second.tools);
    assertEquals(first.tools[0].name, "echo");
    assertEquals(first.client_metadata.turn_id, second.client_metadata.turn_id);
  },
);

Deno.test(
  skippedIf(
    ON_WINDOWS,
    "--json prints the events of every response, each tool's output, and one result with the sums",
  ),
  async () => {
    await using b = await bench();
    b.api.enqueue(
      { items: [call("one", "{}"), call("two", "{}")], text: [] },
      { items: [call("one", "{}", "call_again")], text: [] },
      { text: "done" },
    );
    const run = await b.respond(["--json", "--tool", "one=echo 1", "--tool", "two=false", "hello"]);
    const lines = jsonLines(run.stdout);
    const outputs = lines.filter(({ type }) => type === "culvert.tool_output");
    assertEquals(outputs.map(({ name, error }) => [name, error]), [
      ["one", null],
      ["two", "the command ended with exit status 1"],
      ["one", null],
    ]);
    const results = lines.filter(({ type }) => type === "culvert.result");
    assertEquals([results.length, lines.at(-1)?.type, run.code], [1, "culvert.result", 0]);
    const usages = lines.filter(({ type }) => type === "response.completed").map((line) =>
      JSON.parse(JSON.stringify(line)).response.usage.total_tokens
    );
    assertEquals(usages.length, 3);
    const total = usages.reduce((sum, each) => sum + each, 0);
    assertEquals(JSON.parse(JSON.stringify(results[0])).usage.total_tokens, total);
  },
);

for (
  const [what, command, expected] of [
    ["fails", `sh -c "echo problem >&2; exit 3"`, "exit status 3: problem"],
    ["does not exist", "no-such-command-here", '"no-such-command-here" was not found'],
    ["takes too long", "sleep 30", "did not finish within 300 ms"],
    ["writes too much", `sh -c "yes | head -c 3000000"`, "more than 1 MiB"],
  ] as const
) {
  Deno.test(
    skippedIf(
      ON_WINDOWS,
      `a command that ${what} is reported to the model as an error, and the turn continues`,
    ),
    async () => {
      await using b = await bench();
      b.api.enqueue({ items: [call("try", "{}")], text: [] }, { text: "sorry" });
      const run = await b.respond(["--tool", `try=${command}`, "--tool-timeout", "0.3", "hello"]);
      assertEquals([run.code, run.stdout], [0, "sorry\n"]);
      assertIncludes(inputs(b).at(-1) ?? "", expected.replaceAll('"', '\\"'));
      assertIncludes(run.stderr, "tool try: failed");
    },
  );
}

Deno.test(
  skippedIf(
    ON_WINDOWS,
    "a call of a declared tool without a command ends the turn, and none of its calls is run",
  ),
  async () => {
    await using b = await bench();
    const tools = join(b.directory, "tools.json");
    await Deno.writeTextFile(tools, '[{"type":"function","name":"other","parameters":{"type":"object"}}]');
    const witness = join(b.directory, "ran");
    b.api.enqueue({ items: [call("mine", "{}"), call("other", "{}")], text: [] });
    const run = await b.respond(["--tools", tools, "--tool", `mine=touch ${witness}`, "hello"]);
    assertEquals([run.code, b.api.log.turns.length], [0, 1]);
    assertIncludes(run.stderr, '"other"');
    assertEquals(await Deno.stat(witness).catch(() => "absent"), "absent");
  },
);

Deno.test(skippedIf(ON_WINDOWS, "a tool that was not declared is answered with an error"), async () => {
  await using b = await bench();
  b.api.enqueue({ items: [call("invented", "{}")], text: [] }, { text: "ok" });
  const run = await b.respond(["--tool", "mine=true", "hello"]);
  assertEquals(run.code, 0);
  assertIncludes(inputs(b).at(-1) ?? "", "no tool named");
});

Deno.test(
  // "echo" is a builtin of the command line of Windows.
  ON_WINDOWS === undefined
    ? unlessLacking("the demo answers with what the command printed, over a websocket that is used again")
    : skippedIf(ON_WINDOWS, "the demo answers with what the command printed"),
  async () => {
    const run = await culvert([
      "respond",
      "--provider",
      "demo",
      "-v",
      "--tool",
      "now=echo noon",
      "What time is it?",
    ]);
    assertEquals([run.code, run.stdout], [0, "The tool returned: noon\n"]);
    assertIncludes(run.stderr, "on an open connection");
  },
);

Deno.test(skippedIf(ON_WINDOWS, "Ctrl-C while a command runs ends it and the turn with 130"), async () => {
  await using b = await bench();
  b.api.enqueue({ items: [call("slow", "{}")], text: [] });
  const witness = join(b.directory, "started");
  const child = b.start(["--json", "--tool", `slow=sh -c "touch ${witness}; exec sleep 60"`, "hello"]);
  const output = child.output();
  for (let wait = 0; wait < 200 && await Deno.stat(witness).catch(() => null) === null; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill("SIGINT");
  const { code, stdout } = await output;
  assertEquals(code, 130);
  const last = jsonLines(new TextDecoder().decode(stdout)).at(-1);
  assertEquals([last?.type, last?.status], ["culvert.result", "interrupted"]);
});

Deno.test("--tool with an unusable value, or twice with one name, exits 2 and explains the syntax", async () => {
  await using b = await bench();
  for (const args of [["--tool", "date"], ["--tool", "a=x", "--tool", "a=y"], ["--tool-timeout", "3"]]) {
    const run = await b.respond([...args, "hello"]);
    assertEquals([run.code, run.stdout, b.api.log.turns.length], [2, "", 0]);
    assertIncludes(run.stderr, "--tool");
  }
});

Deno.test(
  skippedIf(
    ON_WINDOWS,
    "the output of a command that leaves a program running is complete when the command ends",
  ),
  async () => {
    await using b = await bench();
    b.api.enqueue({ items: [call("start", "{}")], text: [] }, { text: "ok" });
    const run = await b.respond([
      "--tool",
      `start=sh -c "sleep 20 & echo started"`,
      "--tool-timeout",
      "8",
      "hello",
    ]);
    assertEquals([run.code, run.stdout], [0, "ok\n"]);
    assertIncludes(inputs(b).at(-1) ?? "", 'function_call_output "started');
  },
);

Deno.test(
  skippedIf(ON_WINDOWS, "the programs that a command started are ended with it at its time limit"),
  async () => {
    await using b = await bench();
    b.api.enqueue({ items: [call("slow", "{}")], text: [] }, { text: "ok" });
    const witness = join(b.directory, "pid");
    const run = await b.respond([
      "--tool",
      `slow=sh -c "sh -c 'echo $$ > ${witness}; exec sleep 60'; true"`,
      "--tool-timeout",
      "2",
      "hello",
    ]);
    assertEquals(run.code, 0, run.stderr);
    const pid = Number(await Deno.readTextFile(witness));
    assert(pid > 1);
    const state = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "gone Z");
    assert(/\bZ\b/.test(state), state);
  },
);

Deno.test(skippedIf(ON_WINDOWS, "a command does not see the credentials of the program"), async () => {
  await using b = await bench();
  b.api.enqueue({ items: [call("env", "{}")], text: [] }, { text: "ok" });
  const run = await b.respond(["--tool", "env=env", "hello"], {
    env: { OPENAI_API_KEY: PLANTED_KEY, KEPT: "kept-1" },
  });
  assertEquals(run.code, 0, run.stderr);
  const sent = JSON.stringify(b.api.log.turns.at(-1)?.json);
  assertIncludes(sent, "kept-1");
  assert(!sent.includes(PLANTED_KEY));
});
