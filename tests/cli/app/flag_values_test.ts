/** Values of flags as shells leave them. */
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";

const SPELLINGS: readonly (readonly [name: string, words: readonly string[], expected: Asked])[] = [
  ["--model= with an unset variable sets no model", ["--model="], {}],
  ["-m= with an unset variable sets no model", ["-m="], {}],
  ["--ca-cert= with an unset variable sets no bundle", ["--ca-cert="], {}],
  ["--proxy= with an unset variable sets no proxy", ["--proxy="], {}],
  ["a value after = may have two lines", ["--instructions=Be brief.\nBe kind."], {
    instructions: "Be brief.\nBe kind.",
  }],
  ["a value after = may begin with a newline", ["--instructions=\n-x"], { instructions: "\n-x" }],
  ["a value after = may have another =", ["--model=a=b"], { model: "a=b" }],
  ["after -- such a word is text", ["--", "--model="], { text: "--model= hi" }],
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

for (
  const [flag, says] of [
    ["--base-url", "the value is empty"],
    ["--provider", "the value is empty"],
    ["--previous", "the value is empty"],
    ["--api-key-file", "the name is empty"],
    ["--image", "the name is empty"],
    ["--tools", "the name is empty"],
  ] as const
) {
  Deno.test(`on the command line, ${flag}= with an unset variable is refused, and nothing is sent to the default provider`, async () => {
    for (const words of [[`${flag}=`], [flag, ""]]) {
      const run = await culvert(["respond", ...words, "hi"], { env: { CULVERT_API_KEY: "sk-planted" } });
      assertEquals([run.code, run.stdout], [2, ""]);
      assertEquals(run.stderr, `culvert: ${flag}: ${says}\n  See: culvert respond --help\n`);
    }
  });
}

Deno.test("on the command line, an unknown flag with an empty value is reported as unknown", async () => {
  const run = await culvert(["respond", "--modle=", "hi"]);
  assertEquals([run.code, run.stdout], [2, ""]);
  assertIncludes(run.stderr, "--model");
});

for (
  const [words, flag] of [
    [["respond", "-model", "gpt", "hi"], "--model"],
    [["respond", "-max-wait=5", "hi"], "--max-wait"],
    [["respond", "--json", "-timeout", "5", "hi"], "--timeout"],
    [["ca", "inspect", "-json"], "--json"],
    [["doctor", "-help"], "--help"],
  ] as const
) {
  Deno.test(`on the command line, ${JSON.stringify(words.join(" "))} is refused, because ${flag} needs two dashes`, async () => {
    const run = await culvert(words, { env: { CULVERT_API_KEY: "sk-planted" } });
    assertEquals(run.code, 2);
    const help = `culvert ${words.slice(0, words[0] === "ca" ? 2 : 1).join(" ")} --help`;
    assertEquals(
      run.stderr,
      `culvert: There is no flag ${flag.slice(1)}; did you mean ${flag}?\n  See: ${help}\n`,
    );
  });
}

Deno.test("on the command line, -mNAME and a text that begins with a dash are no flag with one dash", async () => {
  const run = await culvert(["respond", "--dry-run", "--json", "-mgpt", "--", "-model"], {
    env: { CULVERT_API_KEY: "sk-planted" },
  });
  const { body } = JSON.parse(run.stdout);
  assertEquals([body.model, body.input[0].content[0].text], ["gpt", "-model"]);
});

for (
  const [command, flag, says] of [
    ["capture", "--base-url", "the value is empty"],
    ["capture", "--intercept", "the value is empty"],
    ["capture", "--provider", "the value is empty"],
    ["capture", "--ship", "the value is empty"],
    ["replay", "--base-url", "the value is empty"],
    ["serve", "--api-key-file", "the name is empty"],
    ["serve", "--base-url", "the value is empty"],
    ["serve", "--provider", "the value is empty"],
  ] as const
) {
  Deno.test(`on the command line, ${command} ${flag}= with an unset variable is refused`, async () => {
    const run = await culvert([command, `${flag}=`, "--", "true"]);
    assertEquals([run.code, run.stdout], [2, ""]);
    assertEquals(run.stderr, `culvert: ${flag}: ${says}\n  See: culvert ${command} --help\n`);
  });
}

const NEEDLESS: readonly (readonly [words: readonly string[], flag: string])[] = [
  [["respond", "--json=", "hi"], "--json"],
  [["respond", "--json=true", "hi"], "--json"],
  [["respond", "-v=", "hi"], "-v"],
  [["respond", "--dryRun=\n", "hi"], "--dryRun"],
  [["auth", "status", "--strict-config="], "--strict-config"],
  [["auth", "--help="], "--help"],
  [["respond", "-vq=1", "hi"], "-vq"],
  [["respond", "--no-json=", "hi"], "--no-json"],
  [["respond", "--noJson=", "hi"], "--noJson"],
];

for (const [words, flag] of NEEDLESS) {
  Deno.test(`on the command line, ${JSON.stringify(words.join(" "))} gives a value to a flag that takes none`, async () => {
    const run = await culvert(words, { env: { CULVERT_API_KEY: "sk-planted" } });
    assertEquals([run.code, run.stdout, run.stderr], [
      2,
      "",
      `culvert: ${flag} takes no value; write it without =\n  See: culvert ${
        words[0] === "auth" && words.length === 3 ? "auth status" : words[0]
      } --help\n`,
    ]);
  });
}

Deno.test("on the command line, a boolean flag may be text after --, and --json still prints a result", async () => {
  const asked = ["respond", "--dry-run", "--json", "--base-url", "https://a.example/v1"];
  const text = await culvert([...asked, "--", "--json="], { env: { CULVERT_API_KEY: "sk-planted" } });
  assertEquals([text.code, JSON.parse(text.stdout).body.input[0].content[0].text], [0, "--json="]);
  const wrong = await culvert([...asked, "--strict-config=", "hi"]);
  const { type, exit_code, error } = JSON.parse(wrong.stdout);
  assertEquals([wrong.code, type, exit_code, error.code], [2, "culvert.result", 2, "usage"]);
  assertIncludes(error.message, "--strict-config takes no value");
});
