import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { onTerminal } from "../../support/terminal.ts";
import { pass } from "../../capture/record/recording_kit.ts";
import { answerOf, recordSession, requestOf } from "../../capture/record/sample_capture.ts";

const URL_OF_MODEL = "https://chatgpt.com/backend-api/codex/responses";

async function sessionWithBreak(instructions = "You are a careful engineer. Now: 12:31") {
  const recording = await recordSession({ turns: 2, socket: false });
  pass(recording, {
    url: URL_OF_MODEL,
    requestBody: requestOf(2, { instructions }),
    responseHeaders: ["content-type", "text/event-stream"],
    response: answerOf(2),
  });
  await recording.recorder.close();
  return recording;
}

Deno.test("diff reports the cause of a prompt cache miss between two model calls", async () => {
  await using recording = await sessionWithBreak();
  const good = await culvert(["diff", `${recording.directory}#x4`, `${recording.directory}#x5`]);
  assertEquals([good.code, good.stderr], [0, ""]);
  assertIncludes(good.stdout, "continues the earlier one");
  const broken = await culvert(["diff", `${recording.directory}#x5`, `${recording.directory}#x7`]);
  assertEquals(broken.code, 0);
  assertIncludes(broken.stdout, "instructions changed: they come before the conversation");
  assertIncludes(broken.stdout, `+ "You are a careful engineer. Now: 12:31"`);
  assertEquals(broken.stdout.includes("\x1b"), false);
});

Deno.test("diff --json contains the comparison of every pair of calls of two captures", async () => {
  await using one = await sessionWithBreak();
  await using other = await recordSession({ turns: 2, socket: false });
  await other.recorder.close();
  const run = await culvert(["diff", one.directory, other.directory, "--json"]);
  assertEquals(run.code, 0);
  assertIncludes(run.stderr, "4 model calls");
  const { comparisons } = JSON.parse(run.stdout);
  assertEquals(comparisons.length, 3);
  assert(comparisons.every((comparison: { break?: object }) => comparison.break === undefined));
});

Deno.test("diff --html writes one file, and an unknown call or a capture without calls is reported", async () => {
  await using recording = await sessionWithBreak();
  const page = await culvert(["diff", `${recording.directory}#x5`, `${recording.directory}#x7`, "--html"]);
  assertEquals(page.code, 0);
  assertIncludes(page.stdout, "instructions changed");
  assertEquals([...page.stdout.matchAll(/(?:src|href)="(?!data:)([^"]*)"/g)].map(([, url]) => url), []);
  const unknown = await culvert(["diff", `${recording.directory}#x5`, `${recording.directory}#x99`]);
  assertEquals(unknown.code, 2);
  assertIncludes(unknown.stderr, "x99");
});

Deno.test("the page of diff allows its own style by its hash, and no other style and no script", async () => {
  await using recording = await sessionWithBreak();
  const { stdout } = await culvert([
    "diff",
    `${recording.directory}#x5`,
    `${recording.directory}#x7`,
    "--html",
  ]);
  assertMatch(
    stdout,
    /http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[^']+'; /,
  );
  assertExcludes(stdout, "unsafe-inline");
  assertExcludes(stdout, " style=");
  assertExcludes(stdout, "<script");
});

Deno.test("diff explains its marks once, at the end", async () => {
  await using recording = await sessionWithBreak();
  const run = await culvert(["diff", `${recording.directory}#x5`, `${recording.directory}#x7`]);
  const lines = run.stdout.trimEnd().split("\n");
  assertEquals(lines.at(-1), "= repeated, ~ changed, + added or now, - removed or before");
  assertEquals(run.stdout.split("= repeated").length, 2);
  assert(lines.some((line) => /^ {4}~ instructions, \d+ characters$/.test(line)), run.stdout);
});

Deno.test({
  ...skippedIf(ON_WINDOWS, "diff folds its lines at the width of the terminal, values without blanks too"),
  fn: async () => {
    await using recording = await sessionWithBreak(`${"word ".repeat(8)}${"w".repeat(110)}`);
    const { bytes } = await onTerminal(
      ["diff", `${recording.directory}#x5`, `${recording.directory}#x7`, "--color", "never"],
      {},
      44,
    ).end();
    const lines = bytes.replaceAll("\r", "").split("\n");
    assert(lines.length > 10);
    assertEquals(lines.filter((line) => line.length > 44), []);
    assertIncludes(bytes.replace(/\s+/g, " "), "they come before the conversation");
  },
});
