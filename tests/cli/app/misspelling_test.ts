import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";

const SLIPS: readonly (readonly [words: readonly string[], meant: string])[] = [
  [["respnd", "hi"], "respond"],
  [["repsond", "hi"], "respond"],
  [["hlep"], "help"],
  [["completon", "bash"], "completion"],
  [["telemetry", "statu"], "status"],
  [["ca", "inspct", "x.pem"], "inspect"],
  [["respond", "--provdier", "demo", "hi"], "--provider"],
  [["respond", "--jsn", "hi"], "--json"],
  [["respond", "--dry-rn", "hi"], "--dry-run"],
  [["respond", "--ca-crt", "x", "hi"], "--ca-cert"],
];

for (const [words, meant] of SLIPS) {
  Deno.test(`culvert ${words.join(" ")} suggests ${meant}, exits 2 and prints no help`, async () => {
    const run = await culvert(words);
    assertEquals([run.code, run.stdout], [2, ""]);
    assertIncludes(run.stderr, "did you mean");
    assertIncludes(run.stderr, meant);
    assertExcludes(run.stderr, "USAGE");
    assertEquals(run.stderr.trimEnd().split("\n").length <= 2, true);
  });
}

Deno.test("a word that resembles no command causes no suggestion", async () => {
  const run = await culvert(["frobnicate"]);
  assertEquals([run.code, run.stdout], [2, ""]);
  assertExcludes(run.stderr, "did you mean");
  assertIncludes(run.stderr, "culvert --help");
});

Deno.test("an unknown subcommand is reported with its group and the help of the group", async () => {
  for (const group of ["auth", "ca", "conversation", "telemetry"]) {
    const { code, stderr } = await culvert([group, "frobnicate"]);
    const message = `culvert: There is no command "${group} frobnicate"\n  See: culvert ${group} --help\n`;
    assertEquals([code, stderr], [2, message]);
  }
});

Deno.test("an unknown value of an enumerated flag is refused with the list of the known ones", async () => {
  const run = await culvert(["respond", "--transport", "wss", "hi"]);
  assertEquals([run.code, run.stdout], [2, ""]);
  assertIncludes(run.stderr, "not one of auto, sse, ws");
});

Deno.test("a flag without its value is reported by its name, and the flag after it is not", async () => {
  for (const words of [["auth", "login", "--issuer", "--device"], ["auth", "login", "--issuer"]]) {
    const run = await culvert(words);
    assertEquals([run.code, run.stderr], [
      2,
      "culvert: --issuer needs a value\n  See: culvert auth login --help\n",
    ]);
  }
});
