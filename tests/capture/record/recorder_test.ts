import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { requestBody } from "../../../lib/capture/record/read/exchanges.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { join } from "../../support/paths.ts";
import { bytesOf, pass, record, sizeOnDisk } from "./recording_kit.ts";
import { flushedChunks } from "./compressed_kit.ts";

const STREAM = ["content-type", "text/event-stream"];

Deno.test("a request and its response are recorded with their heads, bodies and times", async () => {
  await using recording = await record();
  pass(recording, {
    url: "https://chatgpt.com/backend-api/codex/responses?x=1",
    requestHeaders: ["Content-Type", "application/json", "X-Codex-Window-Id", "t1:2"],
    requestBody: '{"model":"gpt-5"}',
    responseHeaders: ["Content-Type", "application/json", "x-request-id", "req_1"],
    response: ['{"a":', "1}"],
  });
  using capture = await recording.load();
  const [exchange] = capture.exchanges;
  assert(exchange?.request !== undefined && exchange.end !== undefined);
  assertEquals(exchange.channel, "model");
  assertEquals(exchange.request.method, "POST");
  assertEquals(exchange.request.url, "https://chatgpt.com/backend-api/codex/responses?x=1");
  assertEquals(exchange.request.headers[1], ["Content-Type", "application/json"]);
  assertEquals(exchange.request.tags?.["x-codex-window-id"], "t1:2");
  assertEquals(exchange.response?.tags?.["x-request-id"], "req_1");
  assertEquals(capture.text(exchange.request.body), '{"model":"gpt-5"}');
  assertEquals(capture.text(exchange.end.body), '{"a":1}');
  assertEquals(exchange.end.outcome, "ok");
  assertEquals(exchange.end.timings.send, 2);
  assertEquals(exchange.end.timings.wait, 1);
  assertEquals(exchange.end.timings.receive, 4);
});

Deno.test({
  ...skippedIf(ON_WINDOWS, "the directory has mode 0700 and every file 0600"),
  fn: async () => {
    await using recording = await record();
    pass(recording, { requestBody: JSON.stringify({ blob: "x".repeat(100_000) }) });
    await recording.recorder.close();
    const mode = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;
    assertEquals(await mode(recording.directory), 0o700);
    assertEquals(await mode(join(recording.directory, "bodies")), 0o700);
    assertEquals(await mode(join(recording.directory, "capture.jsonl")), 0o600);
    assertEquals(await mode(join(recording.directory, "meta.json")), 0o600);
    const [body] = [...Deno.readDirSync(join(recording.directory, "bodies"))];
    assertEquals(await mode(join(recording.directory, "bodies", body?.name ?? "")), 0o600);
  },
});

Deno.test("a file in the place of the directory is refused as such, not as an earlier capture", async () => {
  const file = await Deno.makeTempFile({ prefix: "culvert-no-directory-" });
  try {
    assertIncludes(await refusal(file), "it is not a directory");
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a directory that contains a capture is refused", async () => {
  await using first = await record();
  await first.recorder.close();
  const { directory } = first;
  assertIncludes(await refusal(directory), "it already contains a capture");
});

Deno.test({
  ...skippedIf(
    ON_WINDOWS,
    "a symbolic link in place of the directory, of the records or of the bodies is refused",
  ),
  fn: async () => {
    const parent = await Deno.makeTempDir({ prefix: "culvert-links-" });
    try {
      const elsewhere = join(parent, "elsewhere");
      await Deno.mkdir(elsewhere);
      await Deno.symlink(elsewhere, join(parent, "link"));
      assertIncludes(await refusal(join(parent, "link")), "it is a symbolic link");
      for (const name of ["capture.jsonl", "meta.json"]) {
        const directory = join(parent, `with-${name}`);
        await Deno.mkdir(directory);
        await Deno.symlink(join(elsewhere, name), join(directory, name));
        assertIncludes(await refusal(directory), "it already contains a capture");
      }
      const directory = join(parent, "with-bodies");
      await Deno.mkdir(directory);
      await Deno.symlink(elsewhere, join(directory, "bodies"));
      assertIncludes(await refusal(directory), "it already contains a capture");
      assertEquals([...Deno.readDirSync(elsewhere)], []);
    } finally {
      await Deno.remove(parent, { recursive: true });
    }
  },
});

/** Returns why a recording in a directory does not start. */
async function refusal(directory: string): Promise<string> {
  return await record({ directory }).then(() => "started", (error: Error) => error.message);
}

for (const encoding of ["identity", "gzip", "zstd", "br", "deflate", "gzip, zstd"]) {
  Deno.test(`each event of an event stream has its own arrival time with content encoding ${encoding}`, async () => {
    await using recording = await record();
    const events = [0, 1, 2, 3].map((n) =>
      `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","n":${n}}\n\n`
    );
    pass(recording, {
      requestBody: "{}",
      responseHeaders: [...STREAM, "content-encoding", encoding],
      response: await flushedChunks(events, encoding),
      gapMs: 200,
    });
    using capture = await recording.load();
    const [exchange] = capture.exchanges;
    assertEquals(
      exchange?.events.map((event) => capture.text(event)),
      [0, 1, 2, 3].map((n) => `{"type":"response.output_text.delta","n":${n}}`),
    );
    const times = exchange?.events.map(({ t_ms }) => t_ms) ?? [];
    assertEquals(times.slice(1).map((time, index) => time - (times[index] ?? 0)), [200, 200, 200]);
    assertEquals(exchange?.end?.outcome, "ok");
    assertEquals(exchange?.end?.decode_error, undefined);
  });
}

Deno.test("request bodies are decoded from zstd, gzip, br, both forms of deflate and stacked encodings", async () => {
  const text = JSON.stringify({ model: "gpt-5", input: ["ä".repeat(500)] });
  const bytes = bytesOf(text);
  const forms: Record<string, Uint8Array> = {
    zstd: zstdCompressSync(bytes),
    gzip: gzipSync(bytes),
    br: brotliCompressSync(bytes),
    deflate: deflateSync(bytes),
    " Deflate ": deflateRawSync(bytes),
    "gzip, br": brotliCompressSync(gzipSync(bytes)),
  };
  await using recording = await record();
  for (const [encoding, body] of Object.entries(forms)) {
    pass(recording, { requestHeaders: ["content-encoding", encoding], requestBody: body });
  }
  using capture = await recording.load();
  assertEquals(capture.exchanges.length, 6);
  for (const exchange of capture.exchanges) {
    assertEquals(capture.text(requestBody(exchange)), text);
    assertEquals(requestBody(exchange)?.decode_error, undefined);
  }
});

for (const encoding of ["gzip", "zstd"]) {
  Deno.test(`a ${encoding} stream that is cut keeps the events so far and is marked as cut`, async () => {
    await using recording = await record();
    const chunks = await flushedChunks(
      ['data: {"n":1}\n\n', 'data: {"n":2}\n\n', 'data: {"n":3}\n\n'],
      encoding,
    );
    pass(recording, {
      responseHeaders: [...STREAM, "content-encoding", encoding],
      response: [...chunks.slice(0, 2), (chunks[2] ?? new Uint8Array()).subarray(0, 3)],
      outcome: "failed",
    });
    using capture = await recording.load();
    const [exchange] = capture.exchanges;
    const whole = exchange?.events.filter(({ incomplete }) => incomplete !== true) ?? [];
    assertEquals(whole.map((event) => capture.text(event)), ['{"n":1}', '{"n":2}']);
    assert(exchange?.end?.decode_error !== undefined);
    assertEquals(exchange.end.outcome, "error");
  });
}

Deno.test("a body that does not match its encoding, or has an unknown one, marks the record and is not stored", async () => {
  await using recording = await record();
  pass(recording, {
    requestHeaders: ["content-encoding", "gzip"],
    requestBody: "sk-proj-not-compressed-0123456789",
  });
  pass(recording, {
    requestHeaders: ["content-encoding", "aes128gcm"],
    requestBody: "sk-proj-not-known-0123456789",
  });
  using capture = await recording.load();
  for (const exchange of capture.exchanges) {
    const body = requestBody(exchange);
    assertEquals(body?.omitted, "undecodable");
    assert(body?.decode_error !== undefined);
  }
});

Deno.test("a decompression bomb stops at the limit of a body without filling the memory", async () => {
  await using recording = await record();
  const bomb = gzipSync(new Uint8Array(80 * 1024 * 1024));
  pass(recording, { requestHeaders: ["content-encoding", "gzip"], requestBody: bomb });
  using capture = await recording.load();
  const body = requestBody(capture.exchanges[0] ?? fail());
  assertEquals(body?.truncated, true);
  assert((body?.size ?? Infinity) <= 64 * 1024 * 1024);
});

Deno.test("a session of 60 turns takes at most three times its history on disk, and every body is restored byte for byte", async () => {
  await using recording = await record();
  const history: unknown[] = [];
  const bodies: string[] = [];
  for (let turn = 0; turn < 60; turn++) {
    history.push({
      type: "message",
      role: "user",
      content: [{ type: "input_text", text: `${turn} ${"ask ".repeat(100)}` }],
    });
    history.push({
      type: "function_call_output",
      call_id: `call_${turn}`,
      output: `${turn}: ${"line of output\n".repeat(3_300)}`,
    });
    const body = JSON.stringify({
      model: "gpt-5",
      instructions: "You are a careful engineer. ".repeat(400),
      input: history,
      tools: [{ type: "function", name: "shell", parameters: { type: "object" } }],
      prompt_cache_key: "k",
      client_metadata: { turn: String(turn) },
    });
    bodies.push(body);
    pass(recording, {
      requestBody: zstdCompressSync(bytesOf(body)),
      requestHeaders: ["content-encoding", "zstd"],
    });
  }
  using capture = await recording.load();
  const longest = bodies.at(-1)?.length ?? 0;
  assert(longest > 3_000_000, String(longest));
  assertEquals(capture.exchanges.map((exchange) => capture.text(requestBody(exchange))), bodies);
  const size = await sizeOnDisk(recording.directory);
  assert(size <= 3 * longest, `${size} bytes on disk for a history of ${longest}`);
});

Deno.test("the limit ends the recording of bodies, is reported once, and the exchanges continue", async () => {
  const warnings: string[] = [];
  await using recording = await record({ maxBytes: 200_000, warn: ({ message }) => warnings.push(message) });
  for (let n = 0; n < 10; n++) {
    const text = Array.from({ length: 2_000 }, (_, index) => `${n}-${index}`).join(" ");
    pass(recording, {
      requestBody: JSON.stringify({ n, text: text.repeat(3) }),
      responseHeaders: STREAM,
      response: [`data: {"type":"response.completed","text":"${text}"}\n\n`],
    });
  }
  using capture = await recording.load();
  assertEquals(warnings.length, 1);
  assertIncludes(warnings[0] ?? "", "200000 bytes (--max-size)");
  assertEquals(capture.exchanges.length, 10);
  assertEquals(capture.limit?.max_size, 200_000);
  assertEquals(capture.exchanges.at(-1)?.events[0]?.omitted, "budget");
  assertEquals(capture.exchanges.at(-1)?.events[0]?.json_type, "response.completed");
  assert(await sizeOnDisk(recording.directory) < 260_000);
});

Deno.test("an exchange without an end is recorded as aborted when the recording ends", async () => {
  await using recording = await record();
  const tap = recording.recorder.tap({ exchangeId: 1, connectionId: 1 });
  tap.head({
    direction: "request",
    at: 1_001,
    method: "POST",
    url: "http://x.test/v1/responses",
    rawHeaders: ["content-length", "100"],
  });
  tap.bytes("request", bytesOf('{"model":"gpt-5",'), 1_002);
  using capture = await recording.load();
  const [exchange] = capture.exchanges;
  assertEquals(exchange?.end?.outcome, "aborted");
  assertEquals(capture.text(requestBody(exchange ?? fail())), '{"model":"gpt-5",');
});

Deno.test("a response that arrives before the end of the request keeps the request's body", async () => {
  await using recording = await record();
  const tap = recording.recorder.tap({ exchangeId: 1, connectionId: 1 });
  tap.head({
    direction: "request",
    at: 1_001,
    method: "POST",
    url: "http://x.test/v1/responses",
    rawHeaders: ["content-length", "4"],
  });
  tap.head({ direction: "response", at: 1_002, status: 401, reason: "Unauthorized", rawHeaders: [] });
  tap.bytes("response", bytesOf("no"), 1_003);
  tap.end({ direction: "response", at: 1_003, outcome: "complete" });
  tap.bytes("request", bytesOf('"hi"'), 1_004);
  tap.end({ direction: "request", at: 1_005, outcome: "complete" });
  using capture = await recording.load();
  const [exchange] = capture.exchanges;
  assertEquals(exchange?.response?.status, 401);
  assertEquals(capture.text(requestBody(exchange ?? fail())), '"hi"');
  assertEquals(capture.text(exchange?.end?.body), "no");
});

Deno.test("a request body that its request record contains is not repeated, empty, in the last record", async () => {
  await using recording = await record();
  pass(recording, { requestBody: '{"model":"gpt-5"}', response: ["{}"] });
  using capture = await recording.load();
  const [exchange] = capture.exchanges;
  assertEquals(capture.text(exchange?.request?.body), '{"model":"gpt-5"}');
  assertEquals(exchange?.end?.request_body, undefined);
  assertEquals(exchange?.end?.sizes.request, 17);
});

function fail(): never {
  throw new Error("There is no exchange");
}

Deno.test("a body in a transfer coding is decoded and redacted", async () => {
  await using recording = await record();
  pass(recording, {
    requestHeaders: ["Content-Type", "application/json", "Transfer-Encoding", "gzip, chunked"],
    requestBody: gzipSync(bytesOf('{"model":"gpt-5","password":"a secret of the body"}')),
  });
  using capture = await recording.load();
  const [exchange] = capture.exchanges;
  assert(exchange !== undefined);
  assertIncludes(capture.text(requestBody(exchange)) ?? "", '{"model":"gpt-5","password":"[REDACTED:');
});
