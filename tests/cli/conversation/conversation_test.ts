import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { type Bench, bench } from "../respond/kit.ts";

const TOOL_CALL = {
  id: "fc_1",
  type: "function_call",
  name: "look",
  arguments: "{}",
  call_id: "call_1",
  status: "completed",
};

const stateOf = (b: Bench) => ({ XDG_STATE_HOME: join(b.directory, "state") });
const folderOf = (b: Bench) => join(b.directory, "state", "culvert", "conversations");

/** Role or type, and text, of each input item of the latest request. */
function inputOf(b: Bench): readonly (readonly string[])[] {
  const body = JSON.parse(JSON.stringify(b.api.log.turns.at(-1)?.json ?? null));
  return body.input.map((item: Record<string, unknown>) => [
    String(item["role"] ?? item["type"]),
    JSON.stringify(item["content"] ?? item["output"] ?? item["name"]),
  ]);
}

Deno.test("--conversation stores a conversation, -c continues it, and both send the earlier turns", async () => {
  await using b = await bench({ scenario: { text: "answer" } });
  const env = stateOf(b);
  const first = await b.respond(["--conversation", "plan", "-m", "gpt-kept", "first question"], { env });
  assertEquals([first.code, first.stdout, first.stderr], [0, "answer\n", ""]);
  const second = await b.respond(["-c", "second question"], { env });
  assertEquals(second.code, 0, second.stderr);
  assertIncludes(second.stderr, 'continuing the conversation "plan" (1 turn)');
  assertEquals(inputOf(b).map(([role]) => role), ["user", "assistant", "user"]);
  assertIncludes(JSON.stringify(inputOf(b)), "first question");
  assertEquals(JSON.parse(JSON.stringify(b.api.log.turns.at(-1)?.json)).model, "gpt-kept");
  const list = jsonLines((await culvert(["conversation", "ls", "--json"], { env })).stdout);
  assertEquals(list.map(({ name, turns, first_prompt }) => [name, turns, first_prompt]), [[
    "plan",
    2,
    "first question",
  ]]);
  const shown = await culvert(["conversation", "show", "plan"], { env });
  assertEquals(
    shown.stdout,
    "user:\n  first question\n\nassistant:\n  answer\n\nuser:\n  second question\n\nassistant:\n  answer\n",
  );
  assertEquals((await culvert(["conversation", "rm", "plan"], { env })).code, 0);
  assertEquals([...Deno.readDirSync(folderOf(b))], []);
});

Deno.test("respond stores nothing by default, and a failed turn is not stored", async () => {
  await using b = await bench({ scenario: { refusal: { status: 400, body: { error: { message: "no" } } } } });
  const env = stateOf(b);
  await b.respond(["hi"], { env });
  const run = await b.respond(["--conversation", "plan", "hi"], { env });
  assertEquals(run.code, 8);
  assertEquals([...Deno.readDirSync(folderOf(b))], []);
});

Deno.test(
  skippedIf(
    ON_WINDOWS,
    "the file of a conversation is readable by its owner only, and a symbolic link in its place is refused",
  ),
  async () => {
    await using b = await bench({ scenario: { text: "answer" } });
    const env = stateOf(b);
    await b.respond(["--conversation", "plan", "hi"], { env });
    const path = join(folderOf(b), "plan.jsonl");
    assertEquals([(Deno.statSync(path).mode ?? 0) & 0o777, (Deno.statSync(folderOf(b)).mode ?? 0) & 0o777], [
      0o600,
      0o700,
    ]);
    const victim = join(b.directory, "victim");
    await Deno.writeTextFile(victim, "keep");
    await Deno.symlink(victim, join(folderOf(b), "link.jsonl"));
    const run = await b.respond(["--conversation", "link", "hi"], { env });
    assertEquals([run.code, await Deno.readTextFile(victim)], [2, "keep"]);
    assertIncludes(run.stderr, "not a regular file");
  },
);

Deno.test("a truncated last line is ignored with a warning, and replaced by the next turn", async () => {
  await using b = await bench({ scenario: { text: "answer" } });
  const env = stateOf(b);
  await b.respond(["--conversation", "plan", "one"], { env });
  const path = join(folderOf(b), "plan.jsonl");
  await Deno.writeTextFile(path, '{"type":"turn","at":"20', { append: true });
  const run = await b.respond(["-c", "two"], { env });
  assertEquals(run.code, 0, run.stderr);
  assertIncludes(run.stderr, "is incomplete");
  assertEquals(jsonLines(await Deno.readTextFile(path)).length, 2);
});

Deno.test("a line in the middle that is not a turn is an error with its number", async () => {
  await using b = await bench();
  const env = stateOf(b);
  await Deno.mkdir(folderOf(b), { recursive: true });
  await Deno.writeTextFile(join(folderOf(b), "plan.jsonl"), "{}\n");
  const run = await b.respond(["-c", "two"], { env });
  assertEquals(run.code, 2);
  assertIncludes(run.stderr, "line 1 is not a turn");
});

Deno.test("a conversation that another process has open is refused, so that no turn is lost", async () => {
  await using b = await bench({ scenario: { text: "begun ", ending: { kind: "stall", afterDeltas: 1 } } });
  const env = stateOf(b);
  const child = b.start(["--conversation", "plan", "one"], { env });
  await child.stdin.close();
  const reader = child.stdout.getReader();
  await reader.read();
  const run = await b.respond(["--conversation", "plan", "two"], { env });
  assertEquals(run.code, 2);
  assertIncludes(run.stderr, "in use by another culvert process");
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
  await child.stderr.cancel();
});

Deno.test("a stored tool call without an output gets the output that the API requires", async () => {
  await using b = await bench({ scenario: { text: "", items: [TOOL_CALL] } });
  const env = stateOf(b);
  await b.respond(["--conversation", "plan", "look"], { env });
  const run = await b.respond(["-c", "and now?"], { env });
  assertEquals(run.code, 0, run.stderr);
  assertEquals(inputOf(b).map(([type]) => type), [
    "user",
    "function_call",
    "function_call_output",
    "assistant",
    "user",
  ]);
});

Deno.test("--store and --previous pass the response id, and --previous with -c is refused", async () => {
  await using b = await bench({ scenario: { text: "answer" } });
  const run = await b.respond(["--previous", "resp_1", "hi"]);
  assertEquals(run.code, 0, run.stderr);
  assertEquals(JSON.parse(JSON.stringify(b.api.log.turns.at(-1)?.json)).previous_response_id, "resp_1");
  assertEquals((await b.respond(["--previous", "resp_1", "-c", "hi"], { env: stateOf(b) })).code, 2);
});

Deno.test("a name with a path outside the folder is refused", async () => {
  for (const name of ["../plan", "a/b", ".hidden", "-x", ""]) {
    const run = await culvert(["conversation", "show", "--", name]);
    assertEquals(run.code, 2, name);
    assertIncludes(run.stderr, "cannot be the name of a conversation");
  }
});

Deno.test("a turn that ends within its answer is not stored, and a message says so", async () => {
  await using b = await bench({ scenario: { text: "begun ", ending: { kind: "stall", afterDeltas: 1 } } });
  const env = stateOf(b);
  const run = await b.respond(["--conversation", "plan", "--timeout", "2", "hi"], { env });
  assertEquals(run.code, 5);
  assertIncludes(run.stderr, 'culvert: the incomplete turn is not stored in the conversation "plan"\n');
  assertEquals((await culvert(["conversation", "show", "plan"], { env })).code, 2);
});

Deno.test("the empty file of a process that was killed in its first turn is no conversation: -c continues the one before", async () => {
  await using b = await bench({ scenario: { text: "answer" } });
  const env = stateOf(b);
  assertEquals((await b.respond(["--conversation", "plan", "first question"], { env })).code, 0);
  const empty = join(folderOf(b), "killed.jsonl");
  await Deno.writeTextFile(empty, "");
  const later = new Date(Date.now() + 60_000);
  await Deno.utime(empty, later, later);
  const next = await b.respond(["-c", "second question"], { env });
  assertIncludes(next.stderr, 'continuing the conversation "plan" (1 turn)');
  const list = jsonLines((await culvert(["conversation", "ls", "--json"], { env })).stdout);
  assertEquals(list.map(({ name }) => name), ["plan"]);
});
