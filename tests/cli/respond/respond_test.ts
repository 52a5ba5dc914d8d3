import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { bench, PLANTED_KEY } from "./kit.ts";

const ANSWER = "Because the air scatters blue light more than red.";

/** The input text of the request that the API saw. */
function askedText(json: unknown): string {
  return JSON.stringify(json);
}

Deno.test("only the answer is written to stdout, and the prompt reaches the API", async () => {
  await using b = await bench({ scenario: { text: ANSWER } });
  const run = await b.respond(["Why", "is the sky blue?"]);
  assertEquals({ code: run.code, stdout: run.stdout, stderr: run.stderr }, {
    code: 0,
    stdout: `${ANSWER}\n`,
    stderr: "",
  });
  const [request] = b.api.log.all;
  assertEquals(request?.path, "/v1/responses");
  assertIncludes(askedText(request?.json), "Why is the sky blue?");
  assertEquals(request?.headers["authorization"], `Bearer ${PLANTED_KEY}`);
  assertEquals(request?.headers["accept"], "text/event-stream");
});

Deno.test("without an argument the prompt is read from standard input, without its last newline", async () => {
  await using b = await bench();
  assertEquals((await b.respond([], { stdin: "What is\na culvert?\n" })).code, 0);
  assertIncludes(
    askedText(b.api.log.all[0]?.json),
    JSON.stringify("What is\na culvert?").slice(1, -1) + '"',
  );
});

Deno.test("a dash among the arguments is replaced by standard input", async () => {
  await using b = await bench();
  assertEquals((await b.respond(["Sum up:", "-"], { stdin: "a long text\n" })).code, 0);
  assertIncludes(askedText(b.api.log.all[0]?.json), "Sum up:\\na long text");
});

Deno.test("empty standard input is a usage error, and nothing is sent", async () => {
  await using b = await bench();
  const run = await b.respond([], { stdin: "" });
  assertEquals(run.code, 2);
  assertIncludes(run.stderr, "standard input contains no text");
  assertEquals(b.api.log.all.length, 0);
});

Deno.test("with a prompt as an argument, a silent open standard input does not delay the request", async () => {
  await using b = await bench();
  const child = b.start(["hi"]);
  // Standard input is still open: the request does not wait for its end.
  const [request] = await b.api.log.waitFor(1, () => true);
  const { code } = await child.output().finally(() => child.stdin.close().catch(() => {}));
  assertEquals(code, 0);
  assert(request !== undefined);
});

Deno.test("flags change the request", async () => {
  await using b = await bench();
  const tools = join(b.directory, "tools.json");
  await Deno.writeTextFile(tools, `[{"type":"function","name":"look","parameters":{}}]`);
  const picture = join(b.directory, "dot.png");
  await Deno.writeFile(picture, new Uint8Array([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]));
  const run = await b.respond([
    ...["-m", "gpt-test", "--instructions", "Be brief.", "--reasoning", "high", "--previous", "resp_1"],
    ...["--tools", tools, "--image", picture, "--image", "https://pictures.test/x.png", "look at this"],
  ]);
  assertEquals(run.code, 0, run.stderr);
  const body = b.api.log.all[0]?.json;
  assertEquals(body?.["model"], "gpt-test");
  assertEquals(body?.["instructions"], "Be brief.");
  assertEquals(body?.["reasoning"], { effort: "high" });
  assertEquals(body?.["previous_response_id"], "resp_1");
  assertEquals(body?.["tools"], [{ type: "function", name: "look", parameters: {} }]);
  assertEquals(body?.["stream"], true);
  assertEquals(body?.["store"], false);
  assertIncludes(askedText(body), `"image_url":"data:image/png;base64,iVBORwECAw=="`);
  assertIncludes(askedText(body), `"image_url":"https://pictures.test/x.png"`);
});

Deno.test("--json prints the API's events unchanged, and one result as the last line", async () => {
  await using b = await bench({ scenario: { text: ANSWER, servedModel: "gpt-test" } });
  const run = await b.respond(["--json", "-m", "gpt-test", "hi"]);
  assertEquals(run.code, 0);
  assertEquals(run.stderr, "");
  const lines = jsonLines(run.stdout);
  const types = lines.map(({ type }) => String(type));
  assertEquals(types[0], "culvert.connected");
  assert(types.includes("response.created") && types.includes("response.completed"));
  assert(types.includes("culvert.rate_limits"));
  assertEquals(types.filter((type) => type === "culvert.result").length, 1);
  const result = lines.at(-1);
  assertEquals(result?.["type"], "culvert.result");
  assertEquals(result?.["status"], "completed");
  assertEquals(result?.["exit_code"], 0);
  assertEquals(result?.["model_requested"], "gpt-test");
  assertEquals(result?.["model_served"], "gpt-test");
  assertEquals(result?.["transport"], "sse");
  assertEquals(result?.["error"], null);
  assertMatch(String(result?.["response_id"]), /^resp_/);
  assertEquals(
    lines.filter(({ type }) => type === "response.output_text.delta").map(({ delta }) => delta).join(""),
    ANSWER,
  );
});

Deno.test("an unknown event of the API passes through --json unchanged", async () => {
  const odd = { type: "response.new_thing", list: [1, 1.5, "ü\n"], nested: { a: null } };
  await using b = await bench({ scenario: { extraEvents: [odd] } });
  const lines = jsonLines((await b.respond(["--json", "hi"])).stdout);
  const found = lines.find(({ type }) => type === odd.type);
  assertEquals(found?.["list"], odd.list);
  assertEquals(found?.["nested"], odd.nested);
});

Deno.test("-o also writes the answer to a file, and leaves no other file", async () => {
  await using b = await bench({ scenario: { text: ANSWER } });
  const file = join(b.directory, "out", "answer.txt");
  await Deno.mkdir(join(b.directory, "out"));
  const run = await b.respond(["-o", file, "hi"]);
  assertEquals(run.code, 0);
  assertEquals(run.stdout, `${ANSWER}\n`);
  assertEquals(await Deno.readTextFile(file), `${ANSWER}\n`);
  assertEquals([...Deno.readDirSync(join(b.directory, "out"))].map(({ name }) => name), ["answer.txt"]);
});

Deno.test("-o keeps the old file after a failure and writes the partial answer next to it", async () => {
  await using b = await bench({
    scenario: {
      text: ANSWER,
      ending: { kind: "failed", code: "invalid_prompt", message: "no", afterDeltas: 3 },
    },
  });
  const file = join(b.directory, "answer.txt");
  await Deno.writeTextFile(file, "old");
  const run = await b.respond(["-o", file, "hi"]);
  assertEquals(run.code, 8);
  assertEquals(await Deno.readTextFile(file), "old");
  const partial = await Deno.readTextFile(`${file}.partial`);
  assert(partial !== "" && ANSWER.startsWith(partial.trimEnd()));
});

Deno.test("an -o that cannot be written is reported before anything is sent", async () => {
  await using b = await bench();
  const run = await b.respond(["-o", join(b.directory, "nowhere", "x"), "hi"]);
  assertEquals(run.code, 2);
  assertIncludes(run.stderr, "--output");
  assertEquals(b.api.log.all.length, 0);
});

Deno.test("--output-schema is sent with the request, and an answer that does not fit exits 9", async () => {
  const schema = {
    type: "object",
    properties: { n: { type: "integer" } },
    required: ["n"],
    additionalProperties: false,
  };
  await using b = await bench();
  const file = join(b.directory, "schema.json");
  await Deno.writeTextFile(file, JSON.stringify(schema));
  b.api.enqueue({ text: `{"n": 3}` }, { text: `{"n": "three"}` }, { text: "three" });
  const fits = await b.respond(["--output-schema", file, "hi"]);
  assertEquals([fits.code, fits.stdout, fits.stderr], [0, `{"n": 3}\n`, ""]);
  const text = askedText(b.api.log.all[0]?.json);
  assertIncludes(text, `"type":"json_schema"`);
  assertIncludes(text, `"name":"codex_output_schema"`);
  const wrong = await b.respond(["--json", "--output-schema", file, "hi"]);
  assertEquals(wrong.code, 9);
  const result = jsonLines(wrong.stdout).at(-1);
  assertEquals(result?.["exit_code"], 9);
  assertIncludes(JSON.stringify(result?.["error"]), "/n must be integer");
  const noJson = await b.respond(["--output-schema", file, "hi"]);
  assertEquals(noJson.code, 9);
  assertEquals(noJson.stdout, "three\n");
  assertIncludes(noJson.stderr, "not JSON");
});

Deno.test("--dry-run prints the request with its secrets masked, and sends nothing", async () => {
  await using b = await bench();
  const run = await b.respond(["--dry-run", "hi"], {
    env: { HTTPS_PROXY: "http://user:hunter2@proxy.test:1" },
  });
  assertEquals(run.code, 0, run.stderr);
  assertIncludes(run.stdout, `POST ${b.api.baseUrl}/responses`);
  assertIncludes(run.stdout, "Authorization: Bearer ***");
  assertExcludes(run.stdout + run.stderr, PLANTED_KEY);
  assertExcludes(run.stdout + run.stderr, "hunter2");
  assertEquals(b.api.log.all.length, 0);
});

Deno.test("a message that the model marks as commentary is not part of the answer", async () => {
  const commentary = (type: string, extra: Record<string, unknown>) => ({ type, output_index: 7, ...extra });
  const item = { id: "msg_c", type: "message", role: "assistant", phase: "commentary", content: [] };
  await using b = await bench({
    scenario: {
      text: ANSWER,
      extraEvents: [
        commentary("response.output_item.added", { item }),
        commentary("response.output_text.delta", { item_id: "msg_c", delta: "Let me think." }),
        commentary("response.output_item.done", { item }),
      ],
    },
  });
  assertEquals((await b.respond(["hi"])).stdout, `${ANSWER}\n`);
});

Deno.test("a misspelled flag is a usage error with a suggestion, without the help text", async () => {
  await using b = await bench();
  const run = await b.respond(["--modle", "x", "hi"]);
  assertEquals(run.code, 2);
  assertIncludes(run.stderr, "--model");
  assert(run.stderr.split("\n").length < 5);
  assertEquals(run.stdout, "");
});
