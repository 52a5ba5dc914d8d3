/** Captures whose files were replaced after the recording. */
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { pass, record, type Recording } from "../../capture/record/recording_kit.ts";
import { recordSession } from "../../capture/record/sample_capture.ts";

/** Every command that reads a capture. */
const COMMANDS: readonly (readonly string[])[] = [
  ["view", "--json"],
  ["view", "--no-open"],
  ["export"],
  ["export", "--format", "html"],
  ["replay"],
];

/** A capture with two bodies that are files. */
async function withBodies(): Promise<{ readonly recording: Recording; readonly files: readonly string[] }> {
  const recording = await record();
  for (const text of ["a", "b"]) pass(recording, { requestBody: text.repeat(100_000) });
  await recording.recorder.close();
  const bodies = join(recording.directory, "bodies");
  return { recording, files: [...Deno.readDirSync(bodies)].map(({ name }) => join(bodies, name)) };
}

function unfolded(text: string): string {
  return text.replace(/\s+/g, " ");
}

async function makePipe(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true });
  assertEquals((await new Deno.Command("mkfifo", { args: [path] }).output()).code, 0);
}

for (const name of ["capture.jsonl", "meta.json"]) {
  Deno.test({
    name: `a pipe in the place of ${name} is reported by every command, which does not wait for a writer`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      await using recording = await recordSession({ turns: 1 });
      await recording.recorder.close();
      await makePipe(join(recording.directory, name));
      for (const [command = "", ...flags] of COMMANDS) {
        const run = await culvert([command, recording.directory, ...flags]);
        assertEquals(run.code, 2);
        assertIncludes(unfolded(run.stderr), `${name}: it is not a regular file`);
      }
    },
  });
}

Deno.test("a directory in the place of capture.jsonl is reported by its name", async () => {
  await using recording = await recordSession({ turns: 1 });
  await recording.recorder.close();
  const file = join(recording.directory, "capture.jsonl");
  await Deno.remove(file);
  await Deno.mkdir(file);
  for (const [command = "", ...flags] of COMMANDS) {
    const run = await culvert([command, recording.directory, ...flags]);
    assertEquals(run.code, 2);
    assertIncludes(unfolded(run.stderr), "capture.jsonl: it is a directory");
  }
});

Deno.test({
  name: "a pipe and a symbolic link in the place of bodies are not opened, and count as missing",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const { recording, files: [pipe = "", link = ""] } = await withBodies();
    await using _recording = recording;
    await makePipe(pipe);
    const elsewhere = join(recording.directory, "..", "private.txt");
    await Deno.writeTextFile(elsewhere, "the text of another file");
    await Deno.remove(link);
    await Deno.symlink(elsewhere, link);
    const run = await culvert(["export", recording.directory, "--format", "jsonl"]);
    assertEquals(run.code, 0);
    assertIncludes(unfolded(run.stderr), "2 files of");
    assertIncludes(unfolded(run.stderr), "are missing in bodies/ or cannot be read");
    assert(!run.stdout.includes("the text of another file"));
  },
});

Deno.test({
  name: "a directory of bodies that cannot be read is no failure of the program",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const { recording } = await withBodies();
    await using _recording = recording;
    const bodies = join(recording.directory, "bodies");
    await Deno.remove(bodies, { recursive: true });
    // A circle of links, which also the superuser cannot read.
    await Deno.symlink("bodies", bodies);
    for (const [command = "", ...flags] of [["view", "--json"], ["export"], ["export", "--format", "html"]]) {
      const run = await culvert([command, recording.directory, ...flags]);
      assertEquals(run.code, 0);
      assertIncludes(unfolded(run.stderr), "2 files of");
    }
  },
});

Deno.test("a body whose content was replaced is reported and left out by view and export", async () => {
  const { recording, files: [file = ""] } = await withBodies();
  await using _recording = recording;
  await Deno.writeTextFile(file, "z".repeat(100_000));
  const view = await culvert(["view", recording.directory, "--json"]);
  assertEquals(JSON.parse(view.stdout).capture.changed_bodies, 1);
  assertEquals(JSON.parse(view.stdout).capture.missing_bodies, 0);
  const har = await culvert(["export", recording.directory]);
  assertEquals(har.code, 0);
  assertIncludes(unfolded(har.stderr), "The content of 1 file in bodies/ of");
  assertIncludes(unfolded(har.stderr), "is not the one that was recorded");
  assert(!har.stdout.includes("zzzz"));
  assertIncludes(JSON.parse(har.stdout).log.comment, "is not the one that was recorded");
});

Deno.test("records that were removed from the middle of a capture are counted, apart from damaged lines", async () => {
  await using recording = await recordSession({ turns: 2 });
  await recording.recorder.close();
  const file = join(recording.directory, "capture.jsonl");
  const lines = (await Deno.readTextFile(file)).split("\n");
  // Three events of a stream, and a damaged line elsewhere.
  const first = lines.findIndex((line) => line.includes('"sse.event"'));
  lines[lines.length - 3] = "#";
  lines.splice(first + 1, 3);
  await Deno.writeTextFile(file, lines.join("\n"));
  const run = await culvert(["view", recording.directory, "--json"]);
  const { capture } = JSON.parse(run.stdout);
  assertEquals([capture.missing_records, capture.damaged_lines], [3, 1]);
  assertIncludes(unfolded(run.stderr), "3 records of");
  assertIncludes(unfolded(run.stderr), "are missing in capture.jsonl");
});
