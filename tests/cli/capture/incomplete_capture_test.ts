/** Captures without the record of a request, with a size limit, or with missing files. */
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { pass, record } from "../../capture/record/recording_kit.ts";
import { answerOf, requestOf } from "../../capture/record/sample_capture.ts";

/** Removes the folding of messages. */
function unfolded(text: string): string {
  return text.replace(/\s+/g, " ");
}

/** Records model calls over SSE, and ends the recording. */
async function recorded(turns: number, options: Parameters<typeof record>[0] = {}) {
  const recording = await record(options);
  for (let turn = 0; turn < turns; turn++) {
    pass(recording, {
      requestBody: requestOf(turn),
      responseHeaders: ["Content-Type", "text/event-stream"],
      response: answerOf(turn),
    });
  }
  await recording.recorder.close();
  return recording;
}

/** Records model calls, and overwrites the record of the first request. */
async function withoutRequest(turns: number) {
  const recording = await recorded(turns);
  const file = join(recording.directory, "capture.jsonl");
  const lines = (await Deno.readTextFile(file)).split("\n");
  const line = lines.findIndex((text) => text.includes('"kind":"http.request"'));
  lines[line] = "#".repeat(lines[line]?.length ?? 1);
  await Deno.writeTextFile(file, lines.join("\n"));
  return recording;
}

Deno.test("export counts the exchanges that it writes, and warns of those whose request is missing", async () => {
  await using recording = await withoutRequest(2);
  for (
    const [format, count] of [["har", 1], ["mitmproxy", 1], ["curl", 1], ["jsonl", 2], ["html", 2]] as const
  ) {
    const file = join(recording.directory, `out.${format}`);
    const run = await culvert(["export", recording.directory, "--format", format, "-o", file]);
    assertEquals(run.code, 0, run.stderr);
    const stderr = unfolded(run.stderr);
    assertIncludes(stderr, `${count} exchange${count === 1 ? "" : "s"} written to`);
    assertIncludes(stderr, "The request of 1 exchange of");
    assertIncludes(stderr, "do not contain this exchange");
    if (format !== "har") continue;
    const { log } = JSON.parse(await Deno.readTextFile(file));
    assertEquals(log.entries.length, 1);
    assertIncludes(log.comment, "The request of 1 exchange of the capture is missing");
  }
});

Deno.test("view --json marks an exchange whose request is missing, and counts it", async () => {
  await using recording = await withoutRequest(2);
  const run = await culvert(["view", recording.directory, "--json"]);
  const { capture, rows } = JSON.parse(run.stdout);
  assertEquals(capture.missing_requests, 1);
  const marks = rows.map(({ marks }: { marks: readonly { kind: string }[] }) =>
    marks.map(({ kind }) => kind)
  );
  assertEquals(marks, [["no_request"], []]);
});

Deno.test("export, replay and view report the bodies and events that the size limit left out", async () => {
  await using recording = await recorded(1, { maxBytes: 1_024 });
  const warning = "not recorded, because the capture had reached its size limit (--max-size)";
  for (const format of ["har", "mitmproxy", "jsonl", "curl", "html"]) {
    const run = await culvert(["export", recording.directory, "--format", format]);
    assertEquals(run.code, 0, run.stderr);
    assertIncludes(unfolded(run.stderr), warning);
    if (format === "har") assertIncludes(JSON.parse(run.stdout).log.comment, warning);
  }
  const lines = (await Deno.readTextFile(join(recording.directory, "capture.jsonl"))).split("\n");
  const omitted = lines.filter((line) => line.includes('"omitted":"budget"')).length;
  const view = await culvert(["view", recording.directory, "--json"]);
  assertEquals(JSON.parse(view.stdout).capture.omitted_by_limit, omitted);
  const replay = await culvert(["replay", recording.directory, "--json", "--", Deno.execPath(), "--version"]);
  assertIncludes(unfolded(replay.stderr), warning);
  assertIncludes(replay.stdout, `"omitted_by_limit":${omitted}`);
});

Deno.test("a capture whose size limit left out nothing is exported without a warning", async () => {
  await using recording = await recorded(1, { maxBytes: 1_000_000 });
  const run = await culvert(["export", recording.directory]);
  assertEquals([run.code, run.stderr], [0, ""]);
});

Deno.test("a directory that is no capture, and a capture with a damaged or missing file, are reported with the name of the file", async () => {
  await using recording = await recorded(1);
  const { directory } = recording;
  const meta = join(directory, "meta.json");
  const said = async () => {
    const { code, stderr } = await culvert(["export", directory]);
    assertEquals(code, 2);
    return unfolded(stderr);
  };
  await Deno.writeTextFile(meta, '{"v":1,');
  assertIncludes(await said(), "meta.json is not JSON");
  await Deno.writeTextFile(meta, "{}");
  assertIncludes(await said(), "meta.json does not belong to a capture that this version can read");
  await Deno.remove(meta);
  assertIncludes(await said(), "it is not a capture, because it contains no meta.json");
  await Deno.mkdir(meta);
  assertIncludes(await said(), "meta.json: it is a directory");
  const other = await recorded(1);
  await using _other = other;
  await Deno.remove(join(other.directory, "capture.jsonl"));
  const run = await culvert(["export", other.directory]);
  assertIncludes(unfolded(run.stderr), "capture.jsonl: no such file or directory");
});

Deno.test("one exchange and one request are reported in the singular", async () => {
  await using recording = await recorded(1);
  const unknown = await culvert(["export", recording.directory, "--exchange", "x9"]);
  assertIncludes(unfolded(unknown.stderr), "Its only exchange is x1");
  const script = `const url = Deno.env.get("OPENAI_BASE_URL") + "/responses";
    await (await fetch(url, { method: "POST", body: ${JSON.stringify(requestOf(0))} })).text();`;
  const replay = await culvert(
    ["replay", recording.directory, "--speed", "none", "--", Deno.execPath(), "eval", "--no-check", script],
  );
  const stderr = unfolded(replay.stderr);
  assertIncludes(stderr, "serving 1 exchange of");
  assertIncludes(stderr, "1 request answered from 1 recorded request; 0 unused; 0 not recorded");
  assertExcludes(stderr, "1 exchanges");
});
