import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { pass, record } from "../../capture/record/recording_kit.ts";
import { recordSession } from "../../capture/record/sample_capture.ts";

/** Line that is overwritten first, from 1. */
const FIRST = 6;

/** A capture with two lines overwritten in the middle and its last line cut off. */
async function damagedCapture() {
  const recording = await recordSession({ turns: 2 });
  await recording.recorder.close();
  const file = join(recording.directory, "capture.jsonl");
  const lines = (await Deno.readTextFile(file)).split("\n");
  for (const line of [FIRST, FIRST + 3]) lines[line - 1] = "#".repeat(lines[line - 1]?.length ?? 1);
  await Deno.writeTextFile(file, lines.join("\n").slice(0, -20));
  return recording;
}

const DAMAGE = {
  damaged_lines: 2,
  first_damaged_line: FIRST,
  missing_records: 0,
  is_torn: true,
  missing_bodies: 0,
  changed_bodies: 0,
  missing_requests: 1,
  omitted_by_limit: 0,
  incomplete_by_overload: 0,
};

/** Removes the folding of messages. */
function unfolded(text: string): string {
  return text.replace(/\s+/g, " ");
}

function assertWarned(stderr: string): void {
  const text = unfolded(stderr);
  assertIncludes(text, `cannot be read and are left out; the first is line ${FIRST} of capture.jsonl`);
  assertIncludes(text, "2 lines of");
  assertIncludes(text, "is incomplete and is left out");
}

Deno.test("export warns of damaged lines and of an incomplete last line in every format", async () => {
  await using recording = await damagedCapture();
  for (const format of ["har", "mitmproxy", "jsonl", "curl", "html"]) {
    const run = await culvert(["export", recording.directory, "--format", format]);
    assertEquals(run.code, 0);
    assertWarned(run.stderr);
    if (format !== "har") continue;
    assertIncludes(JSON.parse(run.stdout).log.comment, `the first is line ${FIRST}`);
  }
});

Deno.test("view --json warns of damaged lines, and has their number in the outline and in the detail", async () => {
  await using recording = await damagedCapture();
  const outline = await culvert(["view", recording.directory, "--json"]);
  assertEquals(outline.code, 0);
  assertWarned(outline.stderr);
  const { capture } = JSON.parse(outline.stdout);
  assertEquals({ ...DAMAGE, ...capture }, capture);
  const detail = await culvert(["view", recording.directory, "--json", "--exchange", "x1"]);
  assertWarned(detail.stderr);
  assertEquals(JSON.parse(detail.stdout).capture, DAMAGE);
});

Deno.test("replay warns of damaged lines, and has their number in its report", async () => {
  await using recording = await damagedCapture();
  const run = await culvert(["replay", recording.directory, "--json", "--", Deno.execPath(), "--version"]);
  assertWarned(run.stderr);
  const report = run.stdout.split("\n").find((line) => line.startsWith("{")) ?? "";
  assertEquals(JSON.parse(report).capture, DAMAGE);
});

Deno.test("diff warns of damaged lines once for each capture, and has their number in its JSON and its page", async () => {
  await using recording = await damagedCapture();
  const [one, other] = [`${recording.directory}#x4`, `${recording.directory}#x5`];
  const json = await culvert(["diff", one, other, "--json"]);
  assertEquals(json.code, 0);
  assertWarned(json.stderr);
  assertEquals(unfolded(json.stderr).split("cannot be read").length, 2);
  assertEquals(JSON.parse(json.stdout).captures, [{ name: one, ...DAMAGE }, { name: other, ...DAMAGE }]);
  const page = await culvert(["diff", one, other, "--html"]);
  assertIncludes(page.stdout, `the first is line ${FIRST}`);
});

Deno.test("one damaged line is reported in the singular", async () => {
  await using recording = await recordSession({ turns: 1 });
  await recording.recorder.close();
  const file = join(recording.directory, "capture.jsonl");
  await Deno.writeTextFile(file, (await Deno.readTextFile(file)).replace("\n", "\n{}\n"));
  const run = await culvert(["view", recording.directory, "--json"]);
  assertIncludes(unfolded(run.stderr), "1 line of");
  assertIncludes(unfolded(run.stderr), "cannot be read and is left out; it is line 2 of capture.jsonl");
});

Deno.test("missing files of bodies are counted, and a directory in the place of one is no error of the program", async () => {
  const recording = await record();
  await using _recording = recording;
  for (const text of ["a", "b", "c"]) pass(recording, { requestBody: text.repeat(100_000) });
  await recording.recorder.close();
  const bodies = join(recording.directory, "bodies");
  const [first = "", second = ""] = [...Deno.readDirSync(bodies)].map(({ name }) => join(bodies, name));
  await Deno.remove(first);
  const one = await culvert(["export", recording.directory]);
  assertEquals(one.code, 0);
  assertIncludes(
    unfolded(one.stderr),
    "is missing in bodies/ or cannot be read; the texts in it are left out",
  );
  await Deno.remove(second);
  await Deno.mkdir(second);
  const two = await culvert(["view", recording.directory, "--json"]);
  assertEquals(two.code, 0);
  assertIncludes(
    unfolded(two.stderr),
    "are missing in bodies/ or cannot be read; the texts in them are left out",
  );
  assertEquals(JSON.parse(two.stdout).capture.missing_bodies, 2);
  assertEquals((await culvert(["export", recording.directory])).code, 0);
});

Deno.test("a line that is too long to be a record is damaged, and the lines behind it are read", async () => {
  await using recording = await recordSession({ turns: 1 });
  await recording.recorder.close();
  const file = join(recording.directory, "capture.jsonl");
  const lines = await Deno.readTextFile(file);
  await Deno.writeTextFile(file, `${lines.slice(0, lines.indexOf("\n"))}\n${"x".repeat(70_000_000)}\n`);
  await Deno.writeTextFile(file, lines.slice(lines.indexOf("\n") + 1), { append: true });
  const whole = await culvert(["view", recording.directory, "--json"]);
  assertEquals(whole.code, 0);
  const { capture, rows } = JSON.parse(whole.stdout);
  assertEquals([capture.damaged_lines, capture.first_damaged_line], [1, 2]);
  assertEquals(rows.length, 6);
});
