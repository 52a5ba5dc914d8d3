import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { bench, PLANTED_KEY } from "../respond/kit.ts";

const ESCAPE = "\x1b";
const WRONG = ["respond", "--provider", "nowhere", "hi"];

for (
  const words of [
    ["--help"],
    ["help", "events"],
    ["man", "respond"],
    ["respnd"],
    ["respond", "--provdier", "x", "hi"],
    WRONG,
    [...WRONG, "--json"],
  ]
) {
  Deno.test(`culvert ${words.join(" ")} writes no escape byte into a pipe`, async () => {
    const run = await culvert(words, { env: { TERM: "xterm-256color" } });
    assertExcludes(run.stdout + run.stderr, ESCAPE);
  });
}

Deno.test("an answer, warnings and notes write no escape byte into a pipe", async () => {
  await using server = await bench();
  const bundle = `${await Deno.readTextFile(
    server.bundle,
  )}\n-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n`;
  await Deno.writeTextFile(server.bundle, bundle);
  for (const reporter of [["-vv"], ["-vv", "--json"]]) {
    const run = await server.respond([...reporter, "hi"], { env: { TERM: "xterm-256color" } });
    assertEquals(run.code, 0, run.stderr);
    assertIncludes(run.stderr, "warning:");
    assertExcludes(run.stdout + run.stderr, ESCAPE);
  }
});

/** Flag and environment, and whether stderr is colored though it is a pipe. */
const TABLE:
  readonly (readonly [flags: readonly string[], env: Readonly<Record<string, string>>, colored: boolean])[] =
    [
      [[], {}, false],
      [["--color", "always"], {}, true],
      [["--color", "always"], { NO_COLOR: "1" }, true],
      [["--color", "auto"], { CLICOLOR_FORCE: "1" }, true],
      [[], { CLICOLOR_FORCE: "1", TERM: "dumb" }, true],
      [[], { CLICOLOR_FORCE: "0" }, false],
      [[], { CLICOLOR_FORCE: "" }, false],
      [[], { CLICOLOR_FORCE: "1", NO_COLOR: "1" }, false],
      [[], { CLICOLOR_FORCE: "1", NO_COLOR: "" }, true],
      [["--color", "never"], { CLICOLOR_FORCE: "1" }, false],
    ];

for (const [flags, env, colored] of TABLE) {
  const said = [...flags, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)].join(" ") ||
    "nothing";
  Deno.test(`with ${said}, an error in a pipe is ${colored ? "colored" : "plain"}`, async () => {
    const run = await culvert([...WRONG, ...flags], { env });
    assertEquals([run.code, run.stdout], [2, ""]);
    assertEquals(run.stderr.includes(`${ESCAPE}[31mculvert:${ESCAPE}[39m`), colored, run.stderr);
    assertEquals(run.stderr.includes(ESCAPE), colored);
  });
}

Deno.test("--color always does not color the data on stdout", async () => {
  await using server = await bench({ scenario: { text: ["plain"] } });
  for (const form of [[], ["--json"]]) {
    const run = await server.respond(["--color", "always", ...form, "hi"], { env: { CLICOLOR_FORCE: "1" } });
    assertEquals(run.code, 0, run.stderr);
    assertExcludes(run.stdout, ESCAPE);
    assertExcludes(run.stdout + run.stderr, PLANTED_KEY);
  }
});
