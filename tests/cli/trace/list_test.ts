/** `culvert trace ls` and `culvert trace grep`, by the real program. */
import { assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import {
  HandwrittenBundle,
  STARTED,
  temporaryFolder,
  TRACE_ID,
  writeSample,
} from "../../observe/trace/bundle_kit.ts";

Deno.test("trace ls lists many traces, the latest first, and warns about those that cannot be read", async () => {
  await using folder = await temporaryFolder();
  await writeSample(folder.path, 3);
  for (let number = 1; number <= 30; number++) {
    const bundle = new HandwrittenBundle(folder.path, 2, `trace-${number}`);
    const id = `${String(number).padStart(8, "0")}${TRACE_ID.slice(8)}`;
    await bundle.write({ trace_id: id, started_at_unix_ms: STARTED + number * 60_000 });
  }
  await new HandwrittenBundle(folder.path, 3, "trace-new").write({ schema_version: 9 });
  await Deno.mkdir(join(folder.path, "no-trace"));
  await Deno.writeTextFile(join(folder.path, "a-file"), "");
  const run = await culvert(["trace", "ls", "--root", folder.path]);
  assertEquals(run.code, 0, run.stderr);
  const lines = run.stdout.trimEnd().split("\n");
  assertEquals(lines.length, 32);
  assertMatch(lines[0]!, /^STARTED \(UTC\) +STATUS +TURNS +ATTEMPTS +MODEL +ID$/);
  assertMatch(lines[1]!, /^2026-01-02 03:34 +running +0 +0 +00000030-2222$/);
  assertMatch(
    lines[31]!,
    /^2026-01-02 03:04 +completed +1 +3 \(1 failed\) +gpt-sample +11111111-2222$/,
  );
  assertIncludes(run.stderr, "its schema has version 9");
  const json = await culvert(["trace", "ls", "--json"], { env: { CODEX_ROLLOUT_TRACE_ROOT: folder.path } });
  const last = jsonLines(json.stdout).at(-1);
  assertEquals([last?.["trace_id"], last?.["turns"], last?.["tool_calls"]], [TRACE_ID, 1, 1]);
});

Deno.test("trace ls without a folder uses the state folder, and reports that it has no trace", async () => {
  await using folder = await temporaryFolder();
  const env = { XDG_STATE_HOME: folder.path };
  const none = await culvert(["trace", "ls"], { env });
  assertEquals([none.code, none.stdout], [0, ""]);
  assertIncludes(none.stderr, "there is no trace in");
  await writeSample(join(folder.path, "culvert", "traces"), 3);
  assertIncludes((await culvert(["trace", "ls"], { env })).stdout, "gpt-sample");
  const missing = await culvert(["trace", "ls", "--root", join(folder.path, "missing")]);
  assertEquals(missing.code, 2, missing.stderr);
});

Deno.test("trace ls reports how many traces are damaged if none can be read", async () => {
  await using folder = await temporaryFolder();
  await new HandwrittenBundle(folder.path, 3, "trace-one").write({ schema_version: 9 });
  const args = ["trace", "ls", "--root", folder.path];
  assertIncludes(
    (await culvert(args)).stderr,
    "has no trace that can be read: 1 is damaged; to search another folder",
  );
  await Deno.mkdir(join(folder.path, "trace-two"));
  await Deno.writeTextFile(join(folder.path, "trace-two", "manifest.json"), "{");
  const run = await culvert(args);
  assertEquals([run.code, run.stdout], [0, ""]);
  assertIncludes(run.stderr, `${folder.path} has no trace that can be read: 2 are damaged`);
  assertExcludes(run.stderr, "there is no trace");
});

Deno.test("each command of trace accepts its folder as --root, and trace ls accepts no argument", async () => {
  await using folder = await temporaryFolder();
  await writeSample(folder.path, 3);
  for (const words of [["ls"], ["show", "latest"], ["grep", "GOING"]]) {
    const run = await culvert(["trace", ...words, "--root", folder.path]);
    assertEquals([run.code, run.stderr], [0, ""]);
  }
  const positional = await culvert(["trace", "ls", folder.path]);
  assertEquals(positional.code, 2);
  assertIncludes(positional.stderr, "See: culvert trace ls --help");
});

Deno.test("trace grep finds texts in events and payloads, and names their location", async () => {
  await using folder = await temporaryFolder();
  await writeSample(folder.path, 3);
  const run = await culvert(["trace", "grep", "-i", "going-TO", "--root", folder.path]);
  assertEquals(run.code, 0, run.stderr);
  assertEquals(
    run.stdout,
    "11111111-2222 raw_payload:4 inference_response /output_items/0/content/0/text: GOING-TO-LIST\n",
  );
  const events = await culvert([
    "trace",
    "grep",
    "--regexp",
    "http 4\\d\\d",
    "latest",
    "--json",
    "--root",
    folder.path,
  ]);
  const [match] = jsonLines(events.stdout);
  assertEquals([match?.["kind"], match?.["seq"], match?.["payload_id"]], ["inference_failed", 5, null]);
  const nothing = await culvert(["trace", "grep", "(", "--root", folder.path]);
  assertIncludes(nothing.stdout, "somebody");
  const bad = await culvert(["trace", "grep", "--regexp", "(", "--root", folder.path]);
  assertEquals(bad.code, 2, bad.stderr);
  const none = await culvert(["trace", "grep", "no-such-text", "--root", folder.path]);
  assertEquals([none.code, none.stdout], [0, ""]);
  assertExcludes(none.stderr, "Cannot");
});
