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

Deno.test("a word that is nothing like a command brings no suggestion", async () => {
  const run = await culvert(["frobnicate"]);
  assertEquals([run.code, run.stdout], [2, ""]);
  assertExcludes(run.stderr, "did you mean");
  assertIncludes(run.stderr, "culvert --help");
});

Deno.test("a word that is no command of a group is named with the group, whose help is named too", async () => {
  for (const group of ["auth", "ca", "conversation", "telemetry"]) {
    const { code, stderr } = await culvert([group, "frobnicate"]);
    const message = `culvert: There is no command "${group} frobnicate"\n  See: culvert ${group} --help\n`;
    assertEquals([code, stderr], [2, message]);
  }
});

Deno.test("a value that an enumerated flag does not have is refused with those it has", async () => {
  const run = await culvert(["respond", "--transport", "wss", "hi"]);
  assertEquals([run.code, run.stdout], [2, ""]);
  assertIncludes(run.stderr, "not one of auto, sse, ws");
});

Deno.test("a flag whose value is missing is named, and not the flag behind it", async () => {
  for (const words of [["auth", "login", "--issuer", "--device"], ["auth", "login", "--issuer"]]) {
    const run = await culvert(words);
    assertEquals([run.code, run.stderr], [2, "culvert: --issuer needs a value\n"]);
  }
});
