import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { type Bench, bench } from "./kit.ts";

const TOOL_CALL = {
  id: "fc_1",
  type: "function_call",
  name: "look",
  arguments: "{}",
  call_id: "call_1",
  status: "completed",
};

const bodyOf = (b: Bench) => JSON.parse(JSON.stringify(b.api.log.turns.at(-1)?.json ?? null));

Deno.test("the flags of the request change its body, and without them nothing is added", async () => {
  await using b = await bench({ scenario: { text: "yes" } });
  const flags = [
    "--max-output-tokens",
    "64",
    "--temperature",
    "0.5",
    "--verbosity=low",
    "--store",
    "-mgpt-x",
  ];
  const run = await b.respond([...flags, "hi"]);
  assertEquals(run.code, 0, run.stderr);
  const { max_output_tokens, temperature, text, store, model } = bodyOf(b);
  assertEquals([max_output_tokens, temperature, text, store, model], [
    64,
    0.5,
    { verbosity: "low" },
    true,
    "gpt-x",
  ]);
  await b.respond(["hi"]);
  const plain = bodyOf(b);
  assertEquals(["max_output_tokens" in plain, "temperature" in plain, plain.store], [false, false, false]);
});

Deno.test("-H sends a header, masks its value in all output, and refuses invalid headers and those of the connection", async () => {
  await using b = await bench({ scenario: { text: "yes" } });
  const run = await b.respond(["-H", "X-Team: red-secret-team", "--header=x-two: 2", "hi"]);
  assertEquals(run.code, 0, run.stderr);
  const headers = b.api.log.turns.at(-1)?.headers;
  assertEquals([headers?.["x-team"], headers?.["x-two"]], ["red-secret-team", "2"]);
  const dry = await b.respond(["-H", "X-Team: red-secret-team", "--dry-run", "hi"]);
  assertExcludes(dry.stdout, "red-secret-team");
  for (
    const [header, says] of [["no colon sk-secret", "not a header"], ["a: b\nc: d", "not a header"], [
      "Host: x",
      "belongs to the connection",
    ]]
  ) {
    const refused = await b.respond(["-H", header ?? "", "hi"]);
    assertEquals(refused.code, 2);
    assertIncludes(refused.stderr, says ?? "");
    assertExcludes(refused.stderr, "sk-secret");
  }
});

Deno.test("--usage prints the token counts on stderr, also with -q", async () => {
  await using b = await bench({ scenario: { text: "yes" } });
  const run = await b.respond(["--usage", "-qq", "hi"]);
  assert(
    /^culvert: usage: \d+ input( \(\d+ cached\))? \+ \d+ output( \(\d+ reasoning\))? = \d+ tokens\n$/.test(
      run.stderr,
    ),
    run.stderr,
  );
});

Deno.test("--timeout ends an answer that takes longer, with exit code 5 and the flag in the hint", async () => {
  await using b = await bench({ scenario: { text: "begun ", ending: { kind: "stall", afterDeltas: 1 } } });
  const run = await b.respond(["--timeout", "0.5", "--json", "hi"]);
  const result = jsonLines(run.stdout).at(-1);
  assertEquals([run.code, result?.["exit_code"]], [5, 5]);
  assertIncludes(JSON.stringify(result), '"code":"timeout"');
  assertIncludes(run.stderr, "No complete answer within 0.5 s");
  assertIncludes(run.stderr, "--timeout");
});

for (
  const [flag, value, says] of [
    ["--timeout", "soon", '--timeout: "soon" is not a number of seconds above 0'],
    ["--temperature", "3", '--temperature: "3" is not a number from 0 to 2'],
    [
      "--timeout",
      "99999999999999999999",
      '--timeout: "99999999999999999999" is too large: the limit is 2000000',
    ],
    [
      "--max-output-tokens",
      "99999999999999999999",
      '--max-output-tokens: "99999999999999999999" is too large: the limit is 9007199254740991',
    ],
    ["--max-output-tokens", "0", '--max-output-tokens: "0" is not a whole number above 0'],
    ["--render", "always", '--render: "always" is not one of auto, never'],
  ] as const
) {
  Deno.test(`${flag} ${value} is refused, and the message states the expected value`, async () => {
    await using b = await bench();
    const run = await b.respond([flag, value, "hi"]);
    assertEquals([run.code, run.stderr], [2, `culvert: ${says}\n  See: culvert respond --help\n`]);
  });
}

Deno.test("a tool call in text mode causes a warning and not a silent empty answer", async () => {
  await using b = await bench({ scenario: { text: "", items: [TOOL_CALL] } });
  const run = await b.respond(["hi"]);
  assertEquals([run.code, run.stdout], [0, ""]);
  assertIncludes(run.stderr, 'the model called "look"');
  assertEquals((await b.respond(["-qq", "hi"])).stderr, "");
});

Deno.test("the answers of --repeat-from are separated by a line, on stdout and in the file", async () => {
  await using b = await bench({ scenario: { text: "yes" } });
  const [prompts, file] = [join(b.directory, "prompts"), join(b.directory, "answers")];
  await Deno.writeTextFile(prompts, "one\n\ntwo\n");
  const run = await b.respond(["--repeat-from", prompts, "-o", file]);
  assertEquals([run.code, run.stdout], [0, "yes\n---\nyes\n"]);
  assertEquals(await Deno.readTextFile(file), "yes\n---\nyes\n");
});

Deno.test("--dry-run --transport ws shows the upgrade and the first message", async () => {
  await using b = await bench();
  const run = await b.respond(["--dry-run", "--json", "--transport", "ws", "hi"]);
  const line = jsonLines(run.stdout)[0];
  assertEquals([line?.["method"], String(line?.["url"]).startsWith("wss://")], ["GET", true]);
  assertIncludes(JSON.stringify(line?.["frame"]), '"type":"response.create"');
  assertIncludes(JSON.stringify(line?.["headers"]), "responses_websockets");
  assertEquals(b.api.log.all.length, 0);
});
