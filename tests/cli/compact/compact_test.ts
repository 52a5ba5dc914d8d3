import { startNetwork } from "../../../lib/mock/network.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

const ITEMS = JSON.stringify([{
  type: "message",
  role: "user",
  content: [{ type: "input_text", text: "hi" }],
}]);

Deno.test("compact reads items from standard input and prints the items that replace them", async () => {
  const { code, stderr, stdout } = await culvert(["compact", "--provider", "demo", "-"], { stdin: ITEMS });
  assertEquals([code, stderr], [0, ""]);
  assertEquals(JSON.parse(stdout).map(({ type }: { type: string }) => type), ["message", "compaction"]);
});

Deno.test("compact by a turn returns the one compaction item, from a file and with --json", async () => {
  await using network = await startNetwork();
  const path = join(network.directory, "items.json");
  await Deno.writeTextFile(path, ITEMS);
  const { code, stderr, stdout } = await culvert(["compact", "--method", "turn", "--json", path], {
    env: network.env,
  });
  assertEquals(code, 0, stderr);
  const { input_items, method, output, type } = JSON.parse(stdout);
  assertEquals([type, method, input_items, output.length, output[0].type], [
    "culvert.compaction",
    "turn",
    1,
    1,
    "compaction",
  ]);
});

Deno.test("compact of a stored conversation leaves the conversation unchanged", async () => {
  const state = await Deno.makeTempDir({ prefix: "culvert-compact-" });
  try {
    const env = { XDG_STATE_HOME: state };
    const turn = await culvert(["respond", "--provider", "demo", "--conversation", "plan", "hi"], { env });
    assertEquals(turn.code, 0, turn.stderr);
    const file = join(state, "culvert", "conversations", "plan.jsonl");
    const before = await Deno.readTextFile(file);
    const run = await culvert(["compact", "--provider", "demo", "--conversation", "plan", "--json"], { env });
    assertEquals([run.code, JSON.parse(run.stdout).input_items], [0, 2]);
    assertEquals(await Deno.readTextFile(file), before);
  } finally {
    await Deno.remove(state, { recursive: true });
  }
});

Deno.test("compact without input, with two inputs, or with an input that is not items exits 2", async () => {
  for (
    const [args, message] of [
      [[], "No conversation was given"],
      [["x.json", "--conversation", "y"], "Both a file and --conversation were given"],
      [["-"], "it is not a JSON array of items"],
    ] as const
  ) {
    const { code, stderr } = await culvert(["compact", "--provider", "demo", ...args], { stdin: "[1]" });
    assertEquals(code, 2);
    assertIncludes(stderr, message);
  }
});

Deno.test("compact of a conversation that does not exist lists the stored ones, and not the missing one", async () => {
  const state = await Deno.makeTempDir({ prefix: "culvert-compact-" });
  const env = { XDG_STATE_HOME: state };
  await culvert(["respond", "--provider", "demo", "--conversation", "plan", "hi"], { env });
  const { code, stderr } = await culvert(["compact", "--provider", "demo", "--conversation", "nope"], {
    env,
  });
  assertEquals(code, 2);
  assertIncludes(stderr, 'There is no conversation "nope"');
  assertIncludes(stderr, "Existing conversations: plan.");
  await Deno.remove(state, { recursive: true });
});
