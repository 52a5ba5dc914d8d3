/** Values of flags as shells leave them. */
import { assertEquals, assertIncludes } from "../support/assert.ts";
import { culvert } from "../support/culvert.ts";

const SPELLINGS: readonly (readonly [name: string, words: readonly string[], expected: Asked])[] = [
  ["--model= of an unset variable is no model", ["--model="], {}],
  ["-m= of an unset variable is no model", ["-m="], {}],
  ["--ca-cert= of an unset variable is no bundle", ["--ca-cert="], {}],
  ["--proxy= of an unset variable is no proxy", ["--proxy="], {}],
  ["a value behind = may have two lines", ["--instructions=Be brief.\nBe kind."], {
    instructions: "Be brief.\nBe kind.",
  }],
  ["a value behind = may begin with a newline", ["--instructions=\n-x"], { instructions: "\n-x" }],
  ["a value behind = may have another =", ["--model=a=b"], { model: "a=b" }],
  ["behind -- such a word is text", ["--", "--model="], { text: "--model= hi" }],
];

interface Asked {
  readonly model?: string;
  readonly instructions?: string;
  readonly text?: string;
}

for (const [name, words, expected] of SPELLINGS) {
  Deno.test(`on the command line, ${name}`, async () => {
    const run = await culvert([
      ...["respond", "--dry-run", "--json", "--base-url", "https://a.example/v1"],
      ...words,
      "hi",
    ], { env: { CULVERT_API_KEY: "sk-planted" } });
    assertEquals([run.code, run.stderr], [0, ""]);
    const { body, route } = JSON.parse(run.stdout);
    const [{ content: [{ text }] }] = body.input;
    assertEquals([text, body.model], [expected.text ?? "hi", expected.model ?? "gpt-6.1-sol"]);
    assertEquals(body.instructions, expected.instructions);
    assertEquals(route, "direct (no proxy is set)");
  });
}

Deno.test("on the command line, an unknown flag is unknown with an empty value too", async () => {
  const run = await culvert(["respond", "--modle=", "hi"]);
  assertEquals([run.code, run.stdout], [2, ""]);
  assertIncludes(run.stderr, "--model");
});
