/** The messages of every command about invalid arguments, and the help that they name. */
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, type CulvertRun } from "../../support/culvert.ts";
import { everyManual } from "../../support/every_manual.ts";

const manuals = await everyManual();
const commands = manuals.filter(({ commands }) => commands.length === 0);

function assertUsage({ code, stdout, stderr }: CulvertRun, path: readonly string[], says: string): void {
  assertEquals([code, stdout], [2, ""], stderr);
  assertIncludes(stderr, says);
  const [last] = stderr.trimEnd().split("\n").slice(-1);
  assertEquals(last, `  See: ${path.join(" ")} --help`);
  assertExcludes(stderr, "USAGE\n");
}

for (const { path, flags, positionals } of commands) {
  const words = path.slice(1);
  const name = path.join(" ");

  Deno.test(`${name} with an unknown flag says so and names its help`, async () => {
    assertUsage(await culvert([...words, "--frobnicate"]), path, "There is no flag --frobnicate");
    assertUsage(await culvert([...words, "-Z"]), path, "There is no flag -Z");
  });

  const long = flags.flatMap(({ names }) => names).filter((flag) => /^--[a-z-]{6,}$/.test(flag))
    .find((flag) => flag !== "--version");
  if (long !== undefined) {
    Deno.test(`${name} with ${long} misspelled suggests it`, async () => {
      const run = await culvert([...words, `${long.slice(0, -2)}${long.at(-1)}${long.at(-2)}`]);
      assertUsage(run, path, "did you mean");
      assertIncludes(run.stderr, long);
    });
  }

  const [first] = positionals;
  // The prompt of respond and of the others like it may come from standard input, which is empty here.
  if (first !== undefined && !first.name.startsWith("[")) {
    Deno.test(`${name} without ${first.name} says what is missing and names its help`, async () => {
      for (const args of [words, [...words, "--"]]) {
        assertUsage(await culvert(args), path, `${first.name.replace("...", "")} is missing`);
      }
    });
  }

  if (positionals.every(({ name }) => !name.includes("..."))) {
    Deno.test(`${name} with too many arguments says how many it takes and names its help`, async () => {
      const args = Array.from({ length: positionals.length + 1 }, (_, index) => `extra${index}`);
      assertUsage(await culvert([...words, ...args]), path, `"extra${positionals.length}"`);
    });
  }
}

Deno.test("a flag in place of a command is reported as a flag", async () => {
  for (const flag of ["-x", "--frobnicate"]) {
    assertUsage(await culvert([flag]), ["culvert"], `culvert: There is no flag ${flag}\n`);
  }
});

Deno.test("a usage error of a command itself names the help of the command below its hint", async () => {
  const run = await culvert(["respond", "--repeat-from", "x", "hi"]);
  assertUsage(run, ["culvert", "respond"], "Both a prompt and --repeat-from were given");
  assertIncludes(run.stderr, "remove --repeat-from");
  assertUsage(await culvert(["respond", "--json=x", "hi"]), ["culvert", "respond"], "--json takes no value");
});

const TYPED_KEY = "sk-proj-typed-0123456789abcdefghijklmnop";

for (
  const words of [
    ["auth", "login", "--api-key", TYPED_KEY],
    ["auth", TYPED_KEY],
    [TYPED_KEY],
    ["respond", "--json", "--transport", TYPED_KEY, "hi"],
    ["respond", "--timeout", TYPED_KEY, "hi"],
    ["models", `--${TYPED_KEY}`],
  ]
) {
  Deno.test(`a key that is typed where none is expected is not repeated: culvert ${words.join(" ")}`, async () => {
    const run = await culvert(words);
    assertEquals(run.code, 2);
    assertIncludes(run.stderr, "***");
    assertExcludes(run.stdout + run.stderr, "0123456789");
  });
}

Deno.test("every flag for a port states the same bounds", async () => {
  for (const words of [["auth", "login"], ["serve"], ["view", "capture"], ["replay", "capture"]]) {
    const run = await culvert([...words, "--port", "99999"]);
    assertEquals([run.code, run.stdout], [2, ""]);
    assertIncludes(run.stderr, '--port: "99999" is not a whole number from 0 to 65535\n');
  }
});
