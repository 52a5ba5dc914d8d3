/** A request whose JSON has more levels than a stack has frames. */
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { pass, record } from "../../capture/record/recording_kit.ts";

const LEVELS = 100_000;
const ARRAYS = `{"input":${"[".repeat(LEVELS)}"deep secret"${"]".repeat(LEVELS)}}`;
const OBJECTS = `${'{"input":'.repeat(LEVELS)}"deep secret"${"}".repeat(LEVELS)}`;

/** Records the bodies and closes the recording. */
async function recorded(redaction: "safe" | "share") {
  const recording = await record({ redaction });
  for (const requestBody of [ARRAYS, OBJECTS]) {
    pass(recording, { requestHeaders: ["Content-Type", "application/json"], requestBody });
  }
  const { failure } = await recording.recorder.close();
  return { failure, recording };
}

for (
  const [what, flags] of [
    ["exported as a page without texts", ["export", "--format", "html"]],
    ["exported as a page with texts", ["export", "--format", "html", "--redact", "safe"]],
    ["printed by view", ["view", "--json", "--exchange", "x1"]],
  ] as const
) {
  Deno.test(`deeply nested JSON is ${what}`, async () => {
    const { failure, recording } = await recorded("safe");
    await using directory = recording;
    assertEquals(failure, undefined);
    const [command, ...rest] = flags;
    const run = await culvert([command, directory.directory, ...rest]);
    assertEquals([run.code, run.stderr], [0, ""]);
  });
}

Deno.test("deeply nested JSON is recorded with --redact share without its text", async () => {
  const { failure, recording } = await recorded("share");
  await using directory = recording;
  assertEquals(failure, undefined);
  const records = await Deno.readTextFile(join(directory.directory, "capture.jsonl"));
  assertIncludes(records, "[TEXT:");
  assertExcludes(records, "deep secret");
});
