/** Messages on a terminal are broken at its width, and stay one line each in a pipe. */
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { testWith } from "../../support/programs.ts";
import { onTerminal } from "../../support/terminal.ts";

const NO_KEY = ["respond", "hi"];
const WARNS = { HTTPS_PROXY: "http://proxy.example:3128", NO_PROXY: "<local>;10.*;a|b;'quoted.example'" };

const words = (text: string) => text.split(/\s+/).filter((word) => word !== "");

for (const columns of [60, 80, 120]) {
  await testWith(["script"], `errors, hints and warnings are wrapped at ${columns} columns`, async () => {
    const { code, bytes } = await onTerminal(NO_KEY, { NO_COLOR: "1", ...WARNS }, columns).end();
    assertEquals(code, 4, bytes);
    const lines = bytes.replaceAll("\r", "").trimEnd().split("\n");
    // A word is never broken, and none of these messages has one that is longer than the narrowest terminal.
    for (const line of lines) assert(line.length <= columns, line);
    assert(lines.length > 3, bytes);
    assert(lines.every((line) => /^(culvert:| ) ?\S/.test(line)), bytes);
    const { stderr } = await culvert(NO_KEY, { env: WARNS });
    assertEquals(words(lines.join(" ")), words(stderr));
  });
}

await testWith(["script"], "the hint of auth status is wrapped at the width of the terminal", async () => {
  const { code, bytes } = await onTerminal(["auth", "status"], { NO_COLOR: "1" }, 80).end();
  assertEquals(code, 4, bytes);
  const lines = bytes.replaceAll("\r", "").trimEnd().split("\n");
  const hint = lines.slice(lines.findIndex((line) => line.startsWith("culvert:")));
  assert(hint.length > 2, bytes);
  for (const line of hint) assert(line.length <= 80, line);
});

Deno.test("in a pipe each message is one line", async () => {
  const { stderr } = await culvert(NO_KEY, { env: WARNS });
  const lines = stderr.trimEnd().split("\n");
  assert(lines.some((line) => line.length > 120), stderr);
  assertIncludes(lines.at(-1) ?? "", "culvert auth login (ChatGPT)");
});
