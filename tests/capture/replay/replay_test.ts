import { zstdCompressSync } from "node:zlib";
import { captureOfHar } from "../../../lib/capture/export/har_import.ts";
import { harOf } from "../../../lib/capture/export/har_export.ts";
import { streamBytes } from "../../../lib/capture/export/stream_text.ts";
import { parseFault } from "../../../lib/capture/replay/faults.ts";
import type { LoadedCapture } from "../../../lib/capture/record/read/exchanges.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { answerOf, recordSession, requestOf } from "../record/sample_capture.ts";
import { ask, askUntilBroken, openSocket, replay } from "./replay_kit.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** The capture, and the same capture after conversion to a HAR file. */
async function* bothWays(
  options: Parameters<typeof recordSession>[0],
): AsyncGenerator<readonly [string, LoadedCapture]> {
  await using recording = await recordSession(options);
  using capture = await recording.load();
  yield ["directory", capture];
  yield ["HAR", captureOfHar("x.har", [...harOf(capture, { toolVersion: "1" })].join(""))];
}

/**
 * Repeats a measurement while the machine is too busy for it.
 *
 * @param measure returns the gaps between arrivals, ms
 */
async function keepsGaps(expected: number, measure: () => Promise<readonly number[]>): Promise<void> {
  let worst = Infinity;
  for (let attempt = 0; attempt < 5 && worst >= 20; attempt++) {
    worst = (await measure()).reduce((most, gap) => Math.max(most, Math.abs(gap - expected)), 0);
  }
  assert(worst < 20, `a gap differs by ${worst} ms from ${expected} ms`);
}

function gapsOf(times: readonly number[]): readonly number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

Deno.test("a replayed event stream is byte-equal and keeps the gaps within 20 ms, from a directory and from HAR", async () => {
  for await (const [from, capture] of bothWays({ turns: 1, gapMs: 120, socket: false })) {
    const recorded = capture.exchanges.find(({ events }) => events.length > 0);
    assert(recorded !== undefined);
    await keepsGaps(120, async () => {
      await using server = await replay(capture, { speed: 1 });
      // The first of the two recorded calls was refused.
      const refused = await ask(server.port, "/v1/responses", requestOf(0), JSON_TYPE);
      assertEquals(refused.status, 401);
      const reply = await ask(server.port, "/v1/responses", requestOf(0), JSON_TYPE);
      assertEquals(reply.text, new TextDecoder().decode(streamBytes(recorded, capture.text)), from);
      assertEquals(reply.text, answerOf(0).join(""));
      assertEquals(reply.headers["content-type"], "text/event-stream");
      assertEquals(reply.headers["x-codex-plan-type"], "pro");
      assertEquals(reply.chunks.length, recorded.events.length);
      return gapsOf(reply.chunks.map(([at]) => at));
    });
  }
});

Deno.test("replayed websocket messages are equal and keep the gaps within 20 ms, from a directory and from HAR", async () => {
  for await (const [from, capture] of bothWays({ turns: 1, gapMs: 100 })) {
    const recorded = capture.exchanges.find(({ open }) => open !== undefined)?.messages ?? [];
    const sent = recorded.filter(({ dir }) => dir === "send").map((message) => capture.text(message) ?? "");
    const expected = recorded.filter(({ dir }) => dir === "receive").map((message) =>
      capture.text(message) ?? ""
    );
    const first = answerOf(0).length;
    await keepsGaps(100, async () => {
      await using server = await replay(capture, { speed: 1 });
      const socket = await openSocket(server.port, "/v1/responses");
      assert(typeof socket === "object");
      const received: (readonly [number, string])[] = [];
      for (const [index, text] of sent.entries()) {
        socket.send(text);
        received.push(...await socket.take(index === 0 ? first : expected.length - first));
      }
      assertEquals(received.map(([, text]) => text), expected, from);
      socket.close();
      await socket.closed;
      return gapsOf(received.slice(0, first).map(([at]) => at));
    });
  }
});

Deno.test("ids and metadata that change in each run, the order of members and compression do not affect the match", async () => {
  await using recording = await recordSession({ turns: 1, socket: false });
  using capture = await recording.load();
  await using server = await replay(capture);
  const { model, ...rest } = JSON.parse(requestOf(0));
  const other = JSON.stringify({ ...rest, prompt_cache_key: "another", client_metadata: { x: 1 }, model });
  const statuses = [];
  for (const body of [other, other]) {
    statuses.push((await ask(server.port, "/backend-api/codex/responses", body, JSON_TYPE)).status);
  }
  assertEquals(statuses, [401, 200]);
  const { port } = server;
  const compressed = await fetch(`http://127.0.0.1:${port}/v1/responses`, {
    method: "POST",
    headers: { "content-encoding": "zstd" },
    body: zstdCompressSync(new TextEncoder().encode(requestOf(0))),
  });
  assertEquals(compressed.status, 200);
  // The same answer has a new id the second time.
  assertIncludes(await compressed.text(), "resp_0_2");
});

Deno.test("a request that was not recorded is answered with the closest one and the first difference", async () => {
  await using recording = await recordSession({ turns: 3 });
  using capture = await recording.load();
  await using server = await replay(capture);
  const body = requestOf(2).replace("Question 1: why", "Question 1: where");
  const reply = await ask(server.port, "/v1/responses", body, JSON_TYPE);
  assertEquals(reply.status, 501);
  const { error } = JSON.parse(reply.text);
  assertEquals(error.difference.pointer, "/input/2/content/0/text");
  assertIncludes(error.difference.recorded, "Question 1: why");
  assertIncludes(error.difference.received, "Question 1: where");
  const nearest = capture.exchanges.find(({ id }) => id === error.nearest);
  assertEquals(nearest?.response?.status, 200);
  const path = await ask(server.port, "/v1/unknown");
  assertEquals(path.status, 501);
  assertEquals(server.report().unmatched.length, 2);
  await using lenient = await replay(capture, { servesNearest: true });
  assertEquals((await ask(lenient.port, "/v1/responses", body, JSON_TYPE)).status, 200);
});

Deno.test("shape ignores all but model, tools, item types and the last text, and order takes the next exchange of the path", async () => {
  await using recording = await recordSession({ turns: 2, socket: false });
  using capture = await recording.load();
  const body = requestOf(1, { instructions: "Other instructions", reasoning: { effort: "high" } });
  await using shape = await replay(capture, { mode: "shape" });
  assertIncludes((await ask(shape.port, "/v1/responses", body, JSON_TYPE)).text, "resp_1");
  await using order = await replay(capture, { mode: "order" });
  const statuses = [];
  for (let n = 0; n < 4; n++) statuses.push((await ask(order.port, "/v1/responses", "{}", JSON_TYPE)).status);
  assertEquals(statuses, [401, 200, 200, 501]);
});

Deno.test("a redacted part of a recorded request matches any value", async () => {
  await using recording = await recordSession({ turns: 0, socket: false });
  using capture = await recording.load();
  await using server = await replay(capture);
  const reply = await ask(
    server.port,
    "/oauth/token",
    JSON.stringify({ grant_type: "refresh_token", refresh_token: "rt_quite_another_token_0123456789" }),
    JSON_TYPE,
  );
  assertEquals(reply.status, 200);
});

Deno.test("faults on request: cut, stall, invalid JSON, a status with Retry-After, and only on the chosen call", async () => {
  await using recording = await recordSession({ turns: 1, gapMs: 1, socket: false });
  using capture = await recording.load();
  const faults = ["429:2", "cut@3#2", "invalid-json@2#3", "stall@1#4"].map(parseFault);
  await using server = await replay(capture, { faults, mode: "shape" });
  const call = () => ask(server.port, "/v1/responses", requestOf(0), JSON_TYPE);
  const limited = await call();
  assertEquals([limited.status, limited.headers["retry-after"]], [429, "2"]);
  const cut = await askUntilBroken(server.port, "/v1/responses", requestOf(0));
  assert(cut.isBroken);
  assertEquals(cut.text, answerOf(0).slice(0, 3).join(""));
  const invalid = await call();
  assertIncludes(invalid.text, 'data: {"type":\n\n');
  const stalled = await Promise.race([
    call(),
    new Promise<string>((resolve) => setTimeout(resolve, 300, "stalled")),
  ]);
  assertEquals(stalled, "stalled");
  assertEquals((await call()).text, answerOf(0).join("").replaceAll("resp_0", "resp_0_4"));
});

Deno.test("faults on a websocket: a dropped connection, an error message, a refused upgrade", async () => {
  await using recording = await recordSession({ turns: 1, gapMs: 1 });
  using capture = await recording.load();
  const recorded = capture.exchanges.find(({ open }) => open !== undefined)?.messages ?? [];
  const [first = ""] = recorded.map((message) => capture.text(message) ?? "");
  await using cutting = await replay(capture, { faults: ["429:1", "cut@2#2"].map(parseFault) });
  const socket = await openSocket(cutting.port, "/v1/responses");
  assert(typeof socket === "object");
  socket.send(first);
  const [error] = await socket.take(1);
  assertEquals(JSON.parse(error?.[1] ?? "").status, 429);
  socket.send(first);
  assertEquals((await socket.take(2)).length, 2);
  assertEquals(await socket.closed, 1006);
  await using refusing = await replay(capture, { faults: [parseFault("426#all")] });
  assertEquals(await openSocket(refusing.port, "/v1/responses"), 426);
});

Deno.test("requests of web pages and of other host names are refused", async () => {
  await using recording = await recordSession({ turns: 0, socket: false });
  using capture = await recording.load();
  await using server = await replay(capture);
  const path = "/v1/models?client_version=0.171.0";
  assertEquals((await ask(server.port, path)).status, 200);
  assertEquals((await ask(server.port, path, undefined, { origin: "https://evil.test" })).status, 403);
  assertEquals((await ask(server.port, path, undefined, { host: "evil.test" })).status, 421);
  assertEquals((await ask(server.port, path, undefined, { "sec-fetch-site": "cross-site" })).status, 403);
});
