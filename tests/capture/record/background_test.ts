/** The recording in a separate thread, which the commands use. */
import { requestBody } from "../../../lib/capture/record/read/exchanges.ts";
import type { ExchangeTap } from "../../../lib/net/exchange_tap.ts";
import { CulvertError } from "../../../lib/errors.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { OFF_LINUX, skippedIf } from "../../support/skipped.ts";
import { join } from "../../support/paths.ts";
import { flushedChunks } from "./compressed_kit.ts";
import { pass, record, recordInBackground, type Recording } from "./recording_kit.ts";
import { frame } from "./sample_capture.ts";

const STREAM = ["content-type", "text/event-stream"];

/** Passes the handshake of a websocket. */
function openedSocket({ recorder }: Recording): ExchangeTap {
  const tap = recorder.tap({ exchangeId: 77, connectionId: 8 });
  const url = "wss://x.test/v1/responses";
  tap.head({ direction: "request", at: 5_000, method: "GET", url, rawHeaders: [] });
  tap.upgrade({
    direction: "response",
    at: 5_001,
    status: 101,
    reason: "Switching Protocols",
    rawHeaders: [],
  });
  return tap;
}

/** Passes exchanges of every kind, and returns their records. */
async function recordsOf(recording: Recording): Promise<readonly unknown[]> {
  const zstd = await flushedChunks(['data: {"n":1}\n\n', 'data: {"n":2}\n\n', 'data: {"n":3}\n\n'], "zstd");
  pass(recording, {
    requestHeaders: ["Content-Type", "application/json", "X-Odd-CASE", "1"],
    requestBody: JSON.stringify({ input: [{ text: "t".repeat(100_000) }] }),
    responseHeaders: [...STREAM, "content-encoding", "zstd"],
    response: zstd,
    gapMs: 200,
  });
  pass(recording, { status: 401, response: ["no"], outcome: "failed" });
  const tap = openedSocket(recording);
  tap.bytes("request", frame('{"type":"response.create"}', { masked: true }), 5_002);
  tap.bytes("response", frame('{"type":"response.completed"}', { masked: false }), 5_003);
  tap.end({ direction: "request", at: 5_004, outcome: "complete" });
  tap.end({ direction: "response", at: 5_005, outcome: "complete" });
  await recording.recorder.close();
  const lines = await Deno.readTextFile(join(recording.directory, "capture.jsonl"));
  // The records of exchanges that overlap may alternate.
  return lines.trim().split("\n").map((line) => JSON.parse(line)).map(({ seq: _, piece: _1, ...rest }) =>
    rest
  )
    .toSorted((left, right) => JSON.stringify(left) < JSON.stringify(right) ? -1 : 1);
}

Deno.test("the recording thread writes the same records, with the times at which the relay received the bytes", async () => {
  await using local = await record();
  await using background = await recordInBackground();
  assertEquals(await recordsOf(background), await recordsOf(local));
});

Deno.test("a flush waits until all earlier traffic is on the disk", async () => {
  await using recording = await recordInBackground();
  for (let count = 1; count <= 3; count++) {
    pass(recording, { requestBody: `{"n":${count}}`, response: ["{}"] });
    await recording.recorder.flush();
    const lines = (await Deno.readTextFile(join(recording.directory, "capture.jsonl"))).trim().split("\n");
    assertEquals(lines.filter((line) => JSON.parse(line).kind === "http.end").length, count);
    assertEquals(recording.recorder.summary().exchanges, count);
    assertEquals(recording.recorder.summary().records, lines.length);
  }
  await recording.recorder.close();
});

Deno.test("a directory that contains a capture is refused with the code and the hint of the recording thread", async () => {
  await using recording = await recordInBackground();
  await recording.recorder.close();
  const error: unknown = await recordInBackground({ directory: recording.directory }).catch((
    thrown: unknown,
  ) => thrown);
  assert(error instanceof CulvertError);
  assertEquals(error.code, "output_unwritable");
  assertIncludes(error.message, "it already contains a capture");
  assertIncludes(error.hint ?? "", "another directory");
});

Deno.test("traffic that is faster than the recording is omitted and reported, and the other exchanges are complete", async () => {
  const warnings: string[] = [];
  await using recording = await recordInBackground({
    maxWaitingBytes: 100_000,
    warn: ({ code }) => warnings.push(code),
  });
  const { recorder } = recording;
  pass(recording, { requestBody: '{"before":1}' });
  await recorder.flush();
  pass(recording, {
    requestBody: JSON.stringify({ text: "t".repeat(200_000) }),
    responseHeaders: STREAM,
    response: ["data: first\n\n", `data: ${"x".repeat(120_000)}\n\n`, "data: last\n\n"],
  });
  const tap = openedSocket(recording);
  tap.bytes("response", frame("one", { masked: false }), 5_002);
  tap.bytes("response", frame("x".repeat(120_000), { masked: false }), 5_003);
  tap.bytes("response", frame("three", { masked: false }), 5_004);
  tap.end({ direction: "request", at: 5_005, outcome: "complete" });
  tap.end({ direction: "response", at: 5_006, outcome: "complete" });
  await recorder.flush();
  pass(recording, { requestBody: '{"after":1}' });
  using capture = await recording.load();
  const [before, large, after, socket] = capture.exchanges.toSorted((left, right) =>
    (left.request?.t_ms ?? 0) - (right.request?.t_ms ?? 0)
  );
  assert(before !== undefined && large !== undefined && socket !== undefined && after !== undefined);
  assertEquals(capture.text(requestBody(before)), '{"before":1}');
  assertEquals(capture.text(requestBody(after)), '{"after":1}');
  assertEquals(requestBody(large)?.omitted, "backlog");
  assertEquals(requestBody(large)?.wire_size, 200_011);
  assertEquals(large.events.map((event) => capture.text(event)), ["first"]);
  assertIncludes(large.end?.decode_error ?? "", "faster than the recording");
  assertEquals(socket.messages.map((message) => capture.text(message)), ["one"]);
  assertIncludes(socket.close?.decode_error ?? "", "faster than the recording");
  assertEquals(warnings, ["capture_overloaded"]);
  assertEquals(capture.damage.incomplete_by_overload, 2);
});

Deno.test(
  skippedIf(
    OFF_LINUX,
    "a full disk ends the recording with a warning, and the taps continue without it",
  ),
  async () => {
    const warnings: string[] = [];
    await using recording = await recordInBackground({ warn: ({ code }) => void warnings.push(code) });
    // Bodies of more than 64 KiB are separate files, which now cannot be created.
    await Deno.remove(join(recording.directory, "bodies"), { recursive: true });
    pass(recording, { requestBody: "x".repeat(100_000) });
    await recording.recorder.flush();
    pass(recording, { requestBody: "y" });
    assertIncludes((await recording.recorder.close()).failure ?? "", "no such file");
    assertEquals(warnings, ["capture_unwritable"]);
  },
);
