/** Traces that `culvert respond` wrote, shown by `culvert trace show`. */
import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { unlessLacking } from "../../support/runtime_abilities.ts";
import { traceBench } from "../respond/trace_kit.ts";

for (const transport of ["sse", "ws"] as const) {
  const name =
    `trace show of a turn over ${transport} names reuse, first event and the exchange of the capture`;
  Deno.test(unlessLacking(name), async () => {
    await using scene = await traceBench({ scenario: { text: "Here it is" } });
    const capture = join(scene.directory, "capture");
    const run = await scene.respond(
      ["--transport", transport, "--trace", scene.traces, "--capture", capture, "hello there"],
    );
    assertEquals(run.code, 0, run.stderr);
    const args = ["trace", "show", "latest", "--root", scene.traces];
    const shown = await culvert([...args, "--capture", capture]);
    assertEquals(shown.code, 0, shown.stderr);
    for (
      const part of [
        "Turn 1: completed after",
        "assistant: Here it is",
        "first event",
        "first output",
        "tokens:",
      ]
    ) {
      assertIncludes(shown.stdout, part);
    }
    assertMatch(shown.stdout, transport === "sse" ? /exchange x\d+\n/ : /exchange x\d+#\d+\n/);
    // Of an HTTP connection the runtime does not tell.
    assertMatch(
      shown.stdout,
      transport === "sse" ? / sse; first event/ : / websocket; (new|reused) connection; /,
    );
    for (const line of shown.stdout.split("\n")) assert(line.length <= 80, line);
    const shared = await culvert([...args, "--share"]);
    assertExcludes(shared.stdout, "Here it is");
  });
}

Deno.test("trace show of a turn with a cut stream and a long silence draws the retry and the stall", async () => {
  await using scene = await traceBench();
  scene.api.enqueue(
    { text: "one two three", ending: { kind: "cut", afterDeltas: 0 } },
    { text: ["Slow ", "answer"], gapMs: 1_300 },
  );
  const run = await scene.respond(["--transport", "sse", "--trace", scene.traces, "hello"]);
  assertEquals(run.code, 0, run.stderr);
  const args = ["trace", "show", "latest", "--root", scene.traces];
  const text = (await culvert(args)).stdout;
  assertMatch(text, /attempt 2 \((retry|after [^)]*)\)/);
  assertMatch(text, /stalled for 1\.\d\d s/);
  const page = (await culvert([...args, "--html"])).stdout;
  assertMatch(page, /aria-label="Turn 1: 2 attempts in [^"]*, 1 repeated, \d+ long gaps?"/);
});
