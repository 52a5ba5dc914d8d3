/** A program that removes or replaces the files of the capture that records it. */
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { captureScene } from "./kit.ts";

for (
  const [what, script] of [
    ["removes", "rm capture/keys.log"],
    ["replaces by a directory", "rm capture/keys.log; mkdir capture/keys.log"],
    ["replaces by a named pipe", "rm capture/keys.log; mkfifo capture/keys.log"],
  ] as const
) {
  Deno.test(`keylog mode reports that the keys cannot be read if the program ${what} their file`, async () => {
    await using scene = await captureScene();
    const run = await scene.capture(["--mode", "keylog"], `${script}; exit 3`);
    assertEquals(run.code, 3);
    assertIncludes(run.stderr, "the TLS keys cannot be read");
    assertIncludes(run.stderr, "the traffic is in ");
  });
}

Deno.test("keylog mode completes the recording if its packets cannot be written any more", async () => {
  await using scene = await captureScene();
  const run = await scene.capture(["--mode", "keylog"], "rm -r capture; exit 3");
  assertEquals(run.code, 3);
  assertIncludes(run.stderr, "the packets cannot be written to");
  assertIncludes(run.stderr, "traffic.pcapng");
  assertIncludes(run.stderr, "capture.jsonl was removed while it was written");
  assertExcludes(run.stderr, "Unexpected failure");
});

Deno.test("capture reports a directory that was removed while it was recorded to", async () => {
  await using scene = await captureScene();
  const script = 'curl -sS -o "$0" "$OPENAI_BASE_URL/models"; rm -r capture';
  const run = await scene.capture(["--mode", "reverse"], script.replace("$0", "answer.json"));
  assertEquals(run.code, 0);
  assertIncludes(run.stderr, "capture.jsonl was removed while it was written");
});
