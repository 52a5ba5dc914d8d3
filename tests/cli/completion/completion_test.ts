import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";

/** Words typed, the last unfinished, and what is proposed. */
const CASES: readonly (readonly [typed: readonly string[], proposed: readonly string[]])[] = [
  [["respo"], ["respond"]],
  [["__"], []],
  [["respond", "--tr"], ["--transport", "--trace"]],
  [["respond", "--transport", ""], ["auto", "sse", "ws"]],
  [["respond", "--transport=s"], ["--transport=sse"]],
  [["respond", "--transport="], ["--transport=auto", "--transport=sse", "--transport=ws"]],
  [["respond", "--ca-cert="], []],
  [["respond", "--color", "a"], ["auto", "always"]],
  [["respond", "--model", ""], ["gpt-6.1-sol"]],
  [["respond", "--transport", "sse", "--trans"], []],
  [["respond", "a prompt", "--js"], ["--json"]],
  [["respond", ""], []],
  [["respond", "--provider", "o"], ["openai", "ollama"]],
  [["respond", "--reasoning=x"], ["--reasoning=xhigh"]],
  [["help", "e"], ["environment", "exit-codes", "events"]],
  [["completion", ""], ["bash", "zsh", "fish", "pwsh"]],
  [["frobnicate", ""], []],
  [["--vers"], ["--version"]],
];

for (const [typed, proposed] of CASES) {
  Deno.test(`"culvert ${typed.join(" ")}" and a tab: ${proposed.join(", ") || "nothing"}`, async () => {
    const run = await culvert(["__complete", "--shell", "bash", "--", ...typed]);
    assertEquals([run.code, run.stderr], [0, ""]);
    assertEquals(run.stdout.split("\n").slice(0, -1), proposed);
  });
}

Deno.test("each shell gets proposals in its own format", async () => {
  const ask = async (shell: string) => (await culvert(["__complete", "--shell", shell, "--", "ma"])).stdout;
  assertEquals(await Promise.all(["bash", "zsh", "fish", "pwsh"].map(ask)), [
    "man\n",
    "man:Print a manual page\n",
    "man\tPrint a manual page\n",
    "man\tPrint a manual page\n",
  ]);
});

Deno.test("an unknown shell is refused with the list of the known ones", async () => {
  const run = await culvert(["completion", "tcsh"]);
  assertEquals([run.code, run.stdout], [2, ""]);
  assertIncludes(run.stderr, "bash, zsh, fish, pwsh");
});
