import { everyManual } from "../../support/every_manual.ts";
import { TOPICS } from "../../../lib/cli/reference/topic.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";

const manuals = await everyManual();

for (const manual of manuals) {
  const words = manual.path.slice(1);

  Deno.test(`${manual.path.join(" ")} --help fits a terminal, and contains an example and a reference`, async () => {
    const run = await culvert([...words, "--help"]);
    assertEquals([run.code, run.stderr], [0, ""]);
    const lines = run.stdout.trimEnd().split("\n");
    assert(lines.length <= 80, `${lines.length} lines`);
    assertEquals(lines.filter((line) => [...line].length > 80), []);
    // Without the continuation of lines, the examples are the commands as they are written.
    const joined = run.stdout.replaceAll(/ \\\n {4}/g, " ");
    for (const example of manual.examples) assertIncludes(joined, `\n  ${example}\n`);
    assertIncludes(run.stdout, `USAGE\n  ${manual.path.join(" ")}`);
    assertIncludes(run.stdout, "\nEXAMPLES\n  ");
    assertIncludes(run.stdout, "\nSee also: ");
  });
}

Deno.test("help without a word lists commands and topics", async () => {
  const run = await culvert(["help"]);
  assertEquals(run.code, 0);
  for (const name of Object.keys(TOPICS)) assertIncludes(run.stdout, `\n  ${name} `);
  for (const { path } of manuals.filter(({ path }) => path.length === 2)) {
    assertIncludes(run.stdout, `\n  ${path[1]} `);
  }
});

Deno.test("--help of the program lists every topic with its summary", async () => {
  const run = await culvert(["--help"]);
  for (const [name, { brief }] of Object.entries(TOPICS)) {
    assert(new RegExp(`\\n {2}${name} +${RegExp.escape(brief)}\\n`).test(run.stdout), name);
  }
});

Deno.test("help COMMAND prints what COMMAND --help prints", async () => {
  const [said, asked] = await Promise.all([culvert(["help", "respond"]), culvert(["respond", "--help"])]);
  assertEquals(said.stdout, asked.stdout);
});

Deno.test("help on an unknown name exits 2 and lists the known ones", async () => {
  const run = await culvert(["help", "proxys"]);
  assertEquals([run.code, run.stdout], [2, ""]);
  assertIncludes(run.stderr, `no topic or command "proxys"; did you mean "proxies"?`);
});

for (
  const [words, meant] of [
    [["help", "exit-code"], "exit-codes"],
    [["help", "respnd"], "respond"],
    [["help", "auth", "statsu"], "auth status"],
    [["man", "auth", "statsu"], "auth status"],
    [["man", "ca", "inspct"], "ca inspect"],
  ] as const
) {
  Deno.test(`culvert ${words.join(" ")} suggests ${meant}`, async () => {
    const run = await culvert(words);
    assertEquals([run.code, run.stdout], [2, ""]);
    assertIncludes(run.stderr, `; did you mean "${meant}"?\n`);
  });
}

for (const name of Object.keys(TOPICS)) {
  Deno.test(`help ${name} is at most 80 columns wide`, async () => {
    const run = await culvert(["help", name]);
    assertEquals([run.code, run.stderr], [0, ""]);
    assertEquals(run.stdout.split("\n").filter((line) => [...line].length > 80), []);
  });
}

Deno.test("--version, -V and -v print the version on one line", async () => {
  for (const flag of ["--version", "-V", "-v"]) {
    const run = await culvert([flag]);
    assertEquals([run.code, run.stderr], [0, ""]);
    assert(/^\d+\.\d+\.\d+\n$/.test(run.stdout), run.stdout);
  }
});
