import { startNetwork } from "../../../lib/mock/network.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";

Deno.test("usage prints plan, credits and limits in 80 columns, and --tasks the tasks", async () => {
  const { code, stderr, stdout } = await culvert(["usage", "--provider", "demo", "--tasks", "--limit", "2"]);
  assertEquals([code, stderr], [0, ""]);
  assertIncludes(stdout, "Plan: plus\nCredits: 17.00\nResets left: 1\n");
  assertIncludes(stdout, "codex          5 h     12.5 %  60 min");
  assertIncludes(stdout, "task_mock_3  unread");
  assertIncludes(stdout, "There are more tasks: use a larger --limit.");
  assert(stdout.split("\n").every((line) => line.length <= 80));
});

Deno.test("usage --json has the limits in the format in which turns report them", async () => {
  const { stdout } = await culvert(["usage", "--provider", "demo", "--json"]);
  const { plan_type, rate_limits, reset_credits, type } = JSON.parse(stdout);
  assertEquals([type, plan_type, reset_credits], ["culvert.usage", "plus", 1]);
  assertEquals([rate_limits[0].limit_id, rate_limits[0].primary.window_minutes, rate_limits[0].allowed], [
    "codex",
    300,
    true,
  ]);
});

Deno.test("usage with an API key exits 4, sends nothing and names the variable", async () => {
  await using network = await startNetwork();
  const { code, stderr } = await culvert(["usage"], { env: network.env });
  assertEquals([code, network.api.log.all.length], [4, 0]);
  assertIncludes(stderr, "requires a ChatGPT login");
  assertIncludes(stderr, "CULVERT_API_KEY");
  assertExcludes(stderr, network.apiKey);
});
