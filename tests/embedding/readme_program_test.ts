import { startNetwork } from "../../lib/testing.ts";
import { assert, assertEquals, assertIncludes, assertMatch } from "../support/assert.ts";
import { join } from "../support/paths.ts";
import { ROOT, runProgram } from "./program.ts";

/** Reads the program of the README and its permissions. */
async function readme(): Promise<{ readonly source: string; readonly permissions: readonly string[] }> {
  const text = await Deno.readTextFile(join(ROOT, "README.md"));
  const section = /^## Embedding\n(.*?)^## /ms.exec(text)?.[1] ?? "";
  const source = /^```ts\n(.*?)^```$/ms.exec(section)?.[1];
  const command = /^deno run (.*) ask\.ts /m.exec(section)?.[1];
  assert(source !== undefined && command !== undefined);
  return { source, permissions: command.split(" ") };
}

Deno.test("the README's program has twenty lines, and works unchanged through proxy and interception", async () => {
  const { source, permissions } = await readme();
  assert(source.trimEnd().split("\n").length <= 20);
  await using network = await startNetwork();
  network.api.enqueue({ text: "Blue." }, { text: "Orange." });
  const args = ["Name a color.", "And its opposite?"];
  const run = await runProgram(source, { args, permissions, env: network.env });
  assertEquals(run, { code: 0, stdout: "Blue.\nOrange.\n", stderr: "" });
  const [, second] = network.api.log.turns.filter(({ json }) => json?.["generate"] !== false);
  assertEquals(network.api.handshakes(), 1);
  assertMatch(String(second?.json?.["previous_response_id"]), /^resp_/);
  assertEquals(second?.json?.["input"], [
    { type: "message", role: "user", content: [{ type: "input_text", text: "And its opposite?" }] },
  ]);
});

Deno.test("the README's program ends with the exit code of the command line and prints the next step", async () => {
  const { source, permissions } = await readme();
  await using network = await startNetwork({ api: { accepts: () => false } });
  const run = await runProgram(source, { args: ["hi"], permissions, env: network.env });
  assertEquals([run.code, run.stdout], [4, ""]);
  assertIncludes(run.stderr, "refused the credential with 401");
});
