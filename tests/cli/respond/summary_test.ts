import { assert, assertEquals, assertIncludes, assertMatch } from "../../support/assert.ts";
import { jsonLines } from "../../support/culvert.ts";
import { bench } from "./kit.ts";

/** The `summary` of the last line of `--json`. */
function summaryOf(stdout: string): Record<string, Record<string, unknown>> {
  return Object(jsonLines(stdout).at(-1)?.["summary"]);
}

Deno.test("the result line of --json contains the runtime summary of its turn", async () => {
  await using b = await bench({ scenario: { text: "Hello." } });
  b.api.enqueue({ refusal: { status: 503, body: "busy" } });
  const run = await b.respond(["--json", "hi"]);
  assertEquals(run.code, 0, run.stderr);
  const received = jsonLines(run.stdout).filter(({ type }) => !String(type).startsWith("culvert."));
  const summary = summaryOf(run.stdout);
  assertEquals(summary["requests"]?.["count"], 2);
  assertEquals(summary["requests"]?.["failed"], 1);
  assertEquals(Number(summary["retries"]), 1);
  assertEquals(summary["events"]?.["count"], received.length);
  assert(Number(summary["tokens"]?.["total"]) > 0);
  assert(Array.isArray(summary["rate_limits"]));
});

Deno.test("the result line has no summary if no turn was started", async () => {
  await using b = await bench();
  const run = await b.respond(["--json", "--ca-cert", "/nowhere.pem", "hi"]);
  assertEquals(run.code, 3);
  assertEquals(jsonLines(run.stdout).at(-1)?.["summary"], null);
});

Deno.test("-v prints the summary in lines, and the default prints none of it", async () => {
  await using b = await bench();
  const verbose = await b.respond(["-v", "hi"]);
  assertMatch(verbose.stderr, /summary: requests: 1 HTTP request \(\d/);
  assertMatch(verbose.stderr, /summary: stream: \d+ events \(waited for .*\), first event after \d/);
  assertIncludes(verbose.stderr, "summary: tokens: ");
  assertEquals((await b.respond(["hi"])).stderr, "");
});
