import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { recordSession } from "../../capture/record/sample_capture.ts";

/** Command lines with an empty name, as of a variable of the shell that is not set, and what is said of it. */
const EMPTY: readonly (readonly [args: readonly string[], message: string])[] = [
  [["capture", "-o", "", "--", "true"], "--output: the name is empty"],
  [["serve", "--output=", "--", "true"], "--output: the name is empty"],
  [["replay", "capture", "--miss", "forward", "-o", ""], "--output: the name is empty"],
  [["respond", "--capture", "", "x"], "--capture: the name is empty"],
  [["respond", "--trace", "", "x"], "--trace: the name is empty"],
  [["respond", "-o", "", "x"], "--output: the name is empty"],
  [["export", "capture", "-o", ""], "--output: the name is empty"],
  [["diff", "a", "b", "-o", ""], "--output: the name is empty"],
  [["trace", "ls", "--root", ""], "--root: the name is empty"],
  [["export", ""], "The name of the capture is empty"],
  [["view", "", "--json"], "The name of the capture is empty"],
  [["view", "", "--no-open"], "The name of the capture is empty"],
  [["replay", "", "--", "true"], "The name of the capture is empty"],
  [["diff", "", "#x1"], "The name of the capture is empty"],
];

Deno.test("an empty name of a file or a directory is refused, and nothing is written to the working directory", async () => {
  const cwd = await Deno.makeTempDir({ prefix: "culvert-empty-" });
  try {
    for (const [args, message] of EMPTY) {
      const run = await culvert(args, { cwd });
      assertEquals([args, run.code], [args, 2]);
      assertIncludes(run.stderr, message);
    }
    assertEquals([...Deno.readDirSync(cwd)], []);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

Deno.test("a wrong size or speed is named once, with its flag", async () => {
  const size = await culvert(["capture", "--max-size", "0", "--", "true"]);
  assertIncludes(size.stderr, '--max-size: "0" is not a size such as');
  assertEquals(size.stderr.split("--max-size").length, 2);
  const speed = await culvert(["replay", "x", "--speed", "fast"]);
  assertIncludes(speed.stderr, '--speed: "fast" is not a factor such as');
  assertEquals(speed.stderr.split("--speed").length, 2);
});

Deno.test({
  ...skippedIf(ON_WINDOWS, "capture says of a file and of a link to nothing that they are no directories"),
  fn: async () => {
    const cwd = await Deno.makeTempDir({ prefix: "culvert-links-" });
    try {
      await Deno.writeTextFile(join(cwd, "file"), "kept");
      await Deno.symlink("nowhere", join(cwd, "link"));
      const reasons = { file: "file: it is not a directory", link: "link: it is a symbolic link" };
      for (const [name, reason] of Object.entries(reasons)) {
        const run = await culvert(["capture", "-o", name, "--mode", "reverse", "--", "true"], { cwd });
        assertEquals(run.code, 2);
        assertIncludes(run.stderr.replace(/\s+/g, " "), reason);
      }
      assertEquals(await Deno.readTextFile(join(cwd, "file")), "kept");
      assertEquals([...Deno.readDirSync(cwd)].length, 2);
    } finally {
      await Deno.remove(cwd, { recursive: true });
    }
  },
});

Deno.test({
  ...skippedIf(ON_WINDOWS, "a pipe is read as a HAR file, and one that nobody writes to is reported"),
  fn: async () => {
    await using recording = await recordSession({ turns: 1 });
    await recording.recorder.close();
    const pipe = join(recording.directory, "pipe");
    assertEquals((await new Deno.Command("mkfifo", { args: [pipe] }).output()).code, 0);
    const silent = await culvert(["export", pipe]);
    assertEquals(silent.code, 2);
    assertIncludes(
      silent.stderr.replace(/\s+/g, " "),
      "nothing arrived in 5 s, and it is not a regular file",
    );
    const har = await culvert(["export", recording.directory]);
    const [read] = await Promise.all([
      culvert(["export", pipe, "--format", "jsonl"]),
      Deno.writeTextFile(pipe, har.stdout),
    ]);
    assertEquals(read.code, 0);
    assertIncludes(read.stdout, '"kind":"http.request"');
  },
});
