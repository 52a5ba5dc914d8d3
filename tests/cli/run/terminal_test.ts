/** `culvert run` on a terminal: keys reach the program once. */
import { assertEquals, assertMatch } from "../../support/assert.ts";
import { onTerminal } from "../../support/terminal.ts";
import { testWith } from "../../support/programs.ts";

await testWith(
  ["script"],
  "Ctrl-C reaches the program once, and run waits for its end and returns its exit code",
  async () => {
    const script =
      "count=0; trap 'count=$((count+1))' INT; echo ready; sleep 1; sleep 1; echo caught $count; exit 9";
    const session = onTerminal(["run", "--", "sh", "-c", script]);
    await session.seen("ready");
    await session.type("\x03");
    const { code, bytes } = await session.end();
    assertMatch(bytes, /caught 1/);
    assertEquals(code, 9);
  },
);

await testWith(["script"], "the program has a terminal on its standard streams", async () => {
  const session = onTerminal([
    "run",
    "--",
    "sh",
    "-c",
    "test -t 0 && test -t 1 && test -t 2 && echo on a terminal",
  ]);
  const { code, bytes } = await session.end();
  assertMatch(bytes, /on a terminal/);
  assertEquals(code, 0);
});
