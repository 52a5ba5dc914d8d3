/** Bundles that are made to harm their reader. */
import { zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { CulvertError } from "../../../../lib/errors.ts";
import { openBundle } from "../../../../lib/observe/trace/read/bundle.ts";
import { payloadText } from "../../../../lib/observe/trace/read/payloads.ts";
import { Problems } from "../../../../lib/observe/trace/read/problems.ts";
import { searchTrace } from "../../../../lib/observe/trace/read/search_trace.ts";
import { referenceOf } from "../../../../lib/observe/trace/reduce/payload_table.ts";
import { reduceTrace } from "../../../../lib/observe/trace/reduce/reduce_trace.ts";
import { drawPicture } from "../../../../lib/observe/trace/show/draw_picture.ts";
import { tracePicture } from "../../../../lib/observe/trace/show/trace_picture.ts";
import { traceText } from "../../../../lib/observe/trace/show/trace_text.ts";
import { turnViews } from "../../../../lib/observe/trace/show/turn_views.ts";
import { joinBytes } from "../../../../lib/text/join_bytes.ts";
import { createStyle } from "../../../../lib/text/style.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../../support/assert.ts";
import { join } from "../../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../../support/skipped.ts";
import {
  HandwrittenBundle,
  type Json,
  sampleTurn,
  temporaryFolder,
  THREAD,
  TURN,
  writeSample,
} from "../bundle_kit.ts";

/** Reduces a bundle and renders it in every form. */
async function show(path: string): Promise<readonly string[]> {
  const bundle = await openBundle(path);
  const trace = await reduceTrace(bundle);
  const turns = turnViews(trace);
  for (const turn of turns) drawPicture(tracePicture(turn));
  await Array.fromAsync(
    searchTrace(bundle, (text) => text === "x" ? { index: 0, length: 1 } : undefined, new Problems()),
  );
  traceText(trace, turns, { name: "x", style: createStyle(false) });
  return trace.problems;
}

Deno.test("a bundle with any bytes changed, removed or repeated is shown or refused", async () => {
  await using folder = await temporaryFolder();
  const paths = [await writeSample(join(folder.path, "2"), 2), await writeSample(join(folder.path, "3"), 3)];
  const files = [
    join(paths[0]!, "trace.jsonl"),
    join(paths[0]!, "payloads", "4.json"),
    join(paths[1]!, "trace.jsonl"),
    join(paths[1]!, "manifest.json"),
    join(paths[1]!, "payloads", "000001.zst"),
  ];
  const whole = new Map(
    await Promise.all(files.map(async (file) => [file, await Deno.readFile(file)] as const)),
  );
  const change = fc.record({
    file: fc.constantFrom(...files),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(40),
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.json().map((text) => new TextEncoder().encode(text)),
    ),
  });
  await fc.assert(
    fc.asyncProperty(change, async ({ file, at, length, bytes }) => {
      const before = whole.get(file)!;
      const start = Math.floor(at * before.length);
      const parts = [before.subarray(0, start), bytes, before.subarray(start + length)];
      await Deno.writeFile(
        file,
        new Uint8Array(await new Blob(parts.map((part) => part.slice())).arrayBuffer()),
      );
      try {
        await show(paths[file.startsWith(paths[0]!) ? 0 : 1]!);
      } catch (error) {
        assert(error instanceof CulvertError, String(error));
        assertEquals(error.code, "input_unreadable");
      } finally {
        await Deno.writeFile(file, before);
      }
    }),
    { numRuns: 300 },
  );
});

/** An event with a payload. */
const observed = (payload: Json): Json => ({
  type: "protocol_event_observed",
  event_type: "error",
  event_payload: payload,
});

Deno.test("payloads that contain themselves, or grow endlessly, are reported as problems", async () => {
  await using folder = await temporaryFolder();
  const bundle = new HandwrittenBundle(folder.path, 3);
  const loop = bundle.payload("model_item", ["{", "}"]);
  const inner = { ...bundle.payload("model_item", ["[", "]"]), parts: [loop] };
  bundle.event(0, observed({ ...loop, parts: [inner] }));
  let last: Json = bundle.payload("protocol_event", "0123456789".repeat(100));
  for (let level = 0; level < 40; level++) {
    last = { ...bundle.payload("protocol_event", ["", ",", ""]), parts: [last, { ...last, parts: [] }] };
  }
  bundle.event(1, observed(last));
  await bundle.write();
  await show(bundle.path);
  const opened = await openBundle(bundle.path);
  const { raw_payloads: payloads } = await reduceTrace(opened);
  const problems = new Problems();
  for (const id of [loop["raw_payload_id"], last["raw_payload_id"]]) {
    await payloadText(opened, referenceOf((each) => payloads[each], String(id))!, problems);
  }
  assertIncludes(problems.all.join("\n"), "with its parts");
});

Deno.test("a search finds a text at every level of deeply nested JSON once, in the text of the payload", async () => {
  await using folder = await temporaryFolder();
  const path = await writeSample(folder.path, 2);
  // The pointers to all texts would be as long as the square of the levels.
  const levels = 2_000;
  const content = `${'["needle",'.repeat(levels)}1${"]".repeat(levels)}`;
  await Deno.writeTextFile(join(path, "payloads", "2.json"), `{"input":${content}}`);
  const find = (text: string) => {
    const index = text.indexOf("needle");
    return index < 0 ? undefined : { index, length: 6 };
  };
  const matches = await Array.fromAsync(searchTrace(await openBundle(path), find, new Problems()));
  assertEquals(matches.map(({ payload_id: id, pointer }) => [id, pointer]), [["raw_payload:2", ""]]);
});

Deno.test("a small shard of 200 million empty payloads is read no further than its limit", async () => {
  await using folder = await temporaryFolder();
  const path = await writeSample(folder.path, 3);
  const zeros = new Uint8Array(200_000_000);
  // Frames follow each other: together they are as long as ten times the first.
  const frame = zstdCompressSync(zeros);
  await Deno.writeFile(
    join(path, "payloads", "000001.zst"),
    joinBytes(Array.from({ length: 10 }, () => frame)),
  );
  const problems = await show(path);
  assertIncludes(problems.join("\n"), "more than 1000000 payloads");
});

Deno.test("names of members of Object are ordinary ids", async () => {
  await using folder = await temporaryFolder();
  const bundle = new HandwrittenBundle(folder.path, 2);
  for (const id of ["__proto__", "constructor", "toString"]) {
    bundle.event(0, { type: "codex_turn_started", codex_turn_id: id, thread_id: id }, id);
    bundle.event(1, {
      type: "inference_started",
      inference_call_id: id,
      thread_id: id,
      codex_turn_id: id,
      model: id,
      provider_name: id,
      request_payload: bundle.payload("inference_request", { input: id }),
    }, id);
    bundle.event(2, { type: "codex_turn_ended", codex_turn_id: id, status: id }, id);
  }
  await bundle.write();
  assertEquals((await show(bundle.path)).length, 0);
  const trace = await reduceTrace(await openBundle(bundle.path));
  assertEquals(Object.keys(trace.codex_turns), ["__proto__", "constructor", "toString"]);
  for (const view of turnViews(trace)) assertExcludes(drawPicture(tracePicture(view)), "function");
});

Deno.test("200,000 attempts in a turn, the same item 20,000 times, and extreme times are shown", async () => {
  await using folder = await temporaryFolder();
  const bundle = new HandwrittenBundle(folder.path, 2);
  const started = { thread_id: THREAD, codex_turn_id: TURN };
  const input = Array.from({ length: 20_000 }, () => ({ type: "message", role: "user", content: "same" }));
  bundle.event(0, { type: "codex_turn_started", ...started });
  const request = bundle.payload("inference_request", { input });
  for (let number = 0; number < 200_000; number++) {
    const about = {
      model: "m",
      provider_name: "p",
      request_payload: number < 3 ? request : { ...request, raw_payload_id: "x", path: "none" },
    };
    bundle.event(number, {
      type: "inference_started",
      inference_call_id: `c${number}`,
      ...started,
      ...about,
    });
  }
  bundle.event(1e300, { type: "codex_turn_ended", codex_turn_id: TURN, status: "completed" });
  await bundle.write({ started_at_unix_ms: -1e300 });
  const trace = await reduceTrace(await openBundle(bundle.path));
  assertEquals(trace.inference_calls["c2"]?.request_item_ids.length, 20_000);
  assertEquals(Object.keys(trace.conversation_items).length, 20_000);
  const views = turnViews(trace);
  assert(drawPicture(tracePicture(views[0]!)).length < 1_000_000);
  traceText(trace, views, { name: "x", style: createStyle(false) });
});

Deno.test(
  skippedIf(ON_WINDOWS, "symbolic links that lead out of a bundle and named pipes are not read"),
  async () => {
    await using folder = await temporaryFolder();
    const path = await writeSample(folder.path, 2);
    const secret = join(folder.path, "secret.json");
    await Deno.writeTextFile(secret, '{"input":"TOP-SECRET"}');
    await Deno.remove(join(path, "payloads", "2.json"));
    await Deno.symlink(secret, join(path, "payloads", "2.json"));
    await Deno.remove(join(path, "payloads", "3.json"));
    await new Deno.Command("mkfifo", { args: [join(path, "payloads", "3.json")] }).output();
    const problems = (await show(path)).join("\n");
    assertIncludes(problems, "is a link to a file outside of the bundle");
    assertIncludes(problems, "it is not a regular file");
    assertExcludes(JSON.stringify(await reduceTrace(await openBundle(path))), "TOP-SECRET");
    await Deno.remove(join(path, "trace.jsonl"));
    await new Deno.Command("mkfifo", { args: [join(path, "trace.jsonl")] }).output();
    const error = await show(path).catch((thrown: unknown) => thrown);
    assert(error instanceof CulvertError && error.message.includes("it is not a regular file"));
  },
);

Deno.test("a sample whose payload folder is named by the manifest is read from that folder", async () => {
  await using folder = await temporaryFolder();
  const bundle = sampleTurn(new HandwrittenBundle(folder.path, 3), 3);
  await bundle.write({ payloads_dir: "elsewhere" });
  await Deno.rename(join(bundle.path, "payloads"), join(bundle.path, "elsewhere"));
  assertEquals(await show(bundle.path), []);
});
