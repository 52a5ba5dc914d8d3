import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert, startCulvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { recordSession } from "../../capture/record/sample_capture.ts";

Deno.test("view --json prints the exchanges and model calls, and with --exchange one of them", async () => {
  await using recording = await recordSession({ turns: 2 });
  await recording.recorder.close();
  const run = await culvert(["view", recording.directory, "--json"]);
  assertEquals([run.code, run.stderr], [0, ""]);
  const index = JSON.parse(run.stdout);
  assertEquals(index.schema_version, 1);
  assertEquals(index.rows.length, 7);
  assertEquals(index.turns.length, 5);
  assertEquals(
    index.rows.find((row: { status: number }) => row.status === 401).marks[0].kind,
    "unauthorized",
  );
  const one = await culvert(["view", recording.directory, "--json", "--exchange", "x5"]);
  const detail = JSON.parse(one.stdout);
  assertEquals(detail.turns[0].previous, "x4");
  assertEquals(detail.events.length, 8);
  const unknown = await culvert(["view", recording.directory, "--json", "--exchange", "x77"]);
  assertEquals(unknown.code, 2);
  assertIncludes(unknown.stderr, "x77");
});

Deno.test({
  ...skippedIf(ON_WINDOWS, "view prints the address of its page, serves it and ends at SIGTERM"),
  fn: async () => {
    await using recording = await recordSession({ turns: 1 });
    await recording.recorder.close();
    const har = join(recording.directory, "x.har");
    const exported = await culvert(["export", recording.directory, "-o", har]);
    assertEquals(exported.code, 0);
    for (const path of [recording.directory, har]) {
      const child = startCulvert(["view", path, "--no-open"]);
      const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      while (!text.includes("\n")) {
        const { value, done } = await reader.read();
        assert(!done, "the program ended without an address");
        text += value;
      }
      const page = await fetch(text.trim());
      assertEquals(page.status, 200);
      assertIncludes(await page.text(), "<title>Capture</title>");
      const index = await (await fetch(new URL("data/index.json", text.trim()))).json();
      assertEquals(index.rows.length, 6);
      child.kill("SIGTERM");
      const { code } = await child.status;
      assertEquals(code, 0);
      await reader.cancel();
      await child.stderr.cancel();
      await child.stdin.close();
    }
  },
});

Deno.test("view names the redaction of a HAR that culvert exported, and none for that of another program", async () => {
  await using recording = await recordSession({ turns: 1 });
  await recording.recorder.close();
  const profileOf = async (path: string) =>
    JSON.parse((await culvert(["view", path, "--json"])).stdout).capture.redaction;
  const own = join(recording.directory, "own.har");
  for (const profile of ["safe", "share"]) {
    const run = await culvert(
      ["export", recording.directory, "--format", "har", "--redact", profile, "-o", own],
    );
    assertEquals(run.code, 0, run.stderr);
    assertEquals(await profileOf(own), profile);
  }
  const { log } = JSON.parse(await Deno.readTextFile(own));
  const foreign = join(recording.directory, "foreign.har");
  await Deno.writeTextFile(foreign, JSON.stringify({ log: { ...log, _redaction: undefined } }));
  assertEquals(await profileOf(foreign), "none");
});
