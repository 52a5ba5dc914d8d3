import fc from "fast-check";
import { createHash } from "node:crypto";
import { brotliCompressSync, constants, deflateRawSync, gzipSync, zstdCompressSync } from "node:zlib";
import { requestBody } from "../../../lib/capture/record/read/exchanges.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { bytesOf, everythingOnDisk, pass, type Passing, record } from "./recording_kit.ts";
import { join } from "../../support/paths.ts";
import { frame } from "./sample_capture.ts";

const letters = fc.string({
  unit: fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
  minLength: 24,
  maxLength: 40,
});

const COMPRESSIONS: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  "": (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
};

/** Ways in which a secret is sent. `encoding` compresses bodies. */
const PLACES: Readonly<Record<string, (secret: string, encoding: string) => Passing>> = {
  "an authorization header": (secret) => ({ requestHeaders: ["Authorization", `Bearer ${secret}`] }),
  "a basic authorization header": (secret) => ({
    requestHeaders: ["Proxy-Authorization", `Basic ${btoa(`u:${secret}`)}`],
  }),
  "a key header": (secret) => ({
    requestHeaders: ["X-Api-Key", secret, "x-vendor-token", secret, "statsig-api-key", secret],
    responseHeaders: ["Auth", secret, "X-Auth", secret, "X-Auth-Key", secret, "X-Csrf-Key", secret],
  }),
  "an identity header": (secret) => ({
    requestHeaders: ["chatgpt-account-id", secret, "X-Codex-Turn-State", secret, "X-Real-IP", secret],
    responseHeaders: ["Forwarded", `for=${secret};proto=https, for="${secret}"`],
  }),
  "a cookie": (secret) => ({
    requestHeaders: ["Cookie", `theme=dark; __cf_bm=${secret}`],
    responseHeaders: ["Set-Cookie", `session=${secret}; Path=/; HttpOnly`],
  }),
  "a query parameter": (secret) => ({
    url: `https://x.test/v1/models?api_key=${secret}&sig=${secret}&page=2`,
  }),
  "user information of a URL": (secret) => ({ url: `https://me:${secret}@x.test/v1/models` }),
  "a location header": (secret) => ({
    responseHeaders: ["Location", `https://x.test/cb?access_token=${secret}`],
  }),
  "a subprotocol": (secret) => ({
    requestHeaders: ["Sec-WebSocket-Protocol", `realtime, openai-insecure-api-key.${secret}`],
  }),
  "a JSON body": (secret, encoding) =>
    body(JSON.stringify({ a: [{ password: secret }], client_secret: secret }), encoding),
  "a long session": (secret, encoding) =>
    body(
      JSON.stringify({ input: [{ type: "x", text: "word ".repeat(8_000) }, { apiKey: secret }] }),
      encoding,
    ),
  "JSON in a string": (secret, encoding) =>
    body(
      JSON.stringify({ arguments: JSON.stringify({ env: JSON.stringify({ access_token: secret }) }) }),
      encoding,
    ),
  "a form": (secret, encoding) =>
    body(
      `grant_type=refresh_token&refresh_token=${secret}&client_id=app`,
      encoding,
      "application/x-www-form-urlencoded",
    ),
  "an OAuth answer": (secret) => ({
    url: "https://auth.openai.com/oauth/token",
    requestBody: JSON.stringify({ code: secret, code_verifier: secret }),
    response: [JSON.stringify({ id_token: secret, refresh_token: secret })],
  }),
  "an event": (secret) => ({
    responseHeaders: ["content-type", "text/event-stream"],
    response: [`event: x\ndata: {"type":"x","token":"${secret}"}\n\n`, `: key sk-${secret}\n\n`],
  }),
  "a compressed event": (secret) => ({
    responseHeaders: ["content-type", "text/event-stream", "content-encoding", "zstd"],
    response: [zstdCompressSync(bytesOf(`data: {"type":"x","api_key":"${secret}"}\n\n`))],
  }),
  "the text of a prompt, by its form": (secret, encoding) =>
    body(JSON.stringify({ input: `my key is sk-proj-${secret}` }), encoding),
  "a body in another place than the header it is known from": (secret, encoding) => ({
    ...body(JSON.stringify({ echo: `it was ${secret} indeed` }), encoding),
    requestHeaders: ["Authorization", `Bearer ${secret}`, "content-encoding", encoding],
  }),
  "bytes that are no text": (secret) => ({
    requestBody: new Uint8Array([0xff, 0xfe, ...bytesOf(`Authorization: Bearer ${secret}`)]),
  }),
  "a part of a multipart form": (secret, encoding) =>
    body(
      `--B\r\nContent-Disposition: form-data; name="api_key"\r\n\r\n${secret}\r\n--B--\r\n`,
      encoding,
      "multipart/form-data; boundary=B",
    ),
  "an element of XML": (secret, encoding) =>
    body(`<a><password>${secret}</password></a>`, encoding, "text/xml"),
  "a flag of a command": (secret, encoding) =>
    body(
      JSON.stringify({ command: ["run", "--api-key", `${secret}1`], text: `run --token ${secret}1` }),
      encoding,
    ),
  "an address in a parameter": (secret) => ({
    url: `https://x.test/cb?redirect_uri=${encodeURIComponent(`https://h.test/?a=b&access_token=${secret}`)}`,
  }),
  "the name of a header": (secret) => ({ requestHeaders: [`sk-${secret}`, "1"] }),
  "the reason phrase of a response": (secret) => ({ reason: `no sk-${secret}` }),
  "the type, the ids and the model of an event": (secret) => ({
    responseHeaders: ["content-type", "text/event-stream"],
    response: [
      `data: {"type":"sk-${secret}"}\n\n`,
      `data: {"type":"response.created","response":{"id":"sk-${secret}","model":"sk-${secret}"}}\n\n`,
    ],
  }),
  "the reason of an error": (secret) => ({
    status: 401,
    response: [`{"error":{"message":"bad key sk-${secret}"}}`],
  }),
};

function body(text: string, encoding: string, mediaType = "application/json"): Passing {
  return {
    requestHeaders: ["content-type", mediaType, ...(encoding === "" ? [] : ["content-encoding", encoding])],
    requestBody: COMPRESSIONS[encoding]?.(bytesOf(text)) ?? text,
  };
}

for (const [place, passing] of Object.entries(PLACES)) {
  Deno.test(`a secret in ${place} is not written to the disk`, async () => {
    await fc.assert(
      fc.asyncProperty(letters, fc.constantFrom(...Object.keys(COMPRESSIONS)), async (secret, encoding) => {
        await using recording = await record();
        pass(recording, passing(secret, encoding));
        await recording.recorder.close();
        const all = await everythingOnDisk(recording.directory);
        assertExcludes(all, secret);
        assertExcludes(all, btoa(secret).slice(0, 24));
        assertExcludes(all, encodeURIComponent(btoa(`u:${secret}`)));
        assertExcludes(all, btoa(`u:${secret}`));
      }),
      { numRuns: 12 },
    );
  });
}

/** The messages of a websocket that contain a secret, and their frames. */
const FRAMES: Readonly<Record<string, (secret: string) => readonly string[]>> = {
  "a JSON message": (secret) => [JSON.stringify({ type: "session.update", session: { api_key: secret } })],
  "JSON in a string of a message": (secret) => [
    JSON.stringify({ type: "x", arguments: JSON.stringify({ env: JSON.stringify({ password: secret }) }) }),
  ],
  "a message in fragments": (secret) => [
    `{"type":"x","client_secret":"${secret.slice(0, 10)}`,
    `${secret.slice(10)}"}`,
  ],
  "a text that is no JSON": (secret) => [`Authorization: Bearer ${secret}`],
  "the type, the ids and the model in a message": (secret) => [
    `{"type":"sk-${secret}"}`,
    `{"type":"response.created","response":{"id":"sk-${secret}","model":"sk-${secret}"}}`,
  ],
};

for (const [place, texts] of Object.entries(FRAMES)) {
  for (const isDeflated of [false, true]) {
    const how = isDeflated ? "with permessage-deflate" : "uncompressed";
    Deno.test(`a secret in ${place} of a websocket, ${how}, is not written to the disk`, async () => {
      await fc.assert(
        fc.asyncProperty(letters, fc.boolean(), fc.boolean(), async (secret, isRequest, isBinary) => {
          await using recording = await record();
          const tap = recording.recorder.tap({ exchangeId: 1, connectionId: 1 });
          const extensions = isDeflated
            ? [
              "Sec-WebSocket-Extensions",
              "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
            ]
            : [];
          const url = "https://x.test/v1/realtime";
          tap.head({ direction: "request", at: 1_001, method: "GET", url, rawHeaders: extensions });
          tap.upgrade({ direction: "response", at: 1_002, status: 101, reason: "", rawHeaders: extensions });
          const parts = texts(secret);
          const whole = isDeflated ? deflated(parts) : parts.map(bytesOf);
          for (const [index, part] of whole.entries()) {
            const opcode = (index === 0 ? (isBinary ? 2 : 1) : 0) | (isDeflated && index === 0 ? RSV1 : 0);
            const isLast = index === whole.length - 1;
            const bytes = frame(part, { masked: isRequest, opcode });
            // The helper sets FIN.
            if (!isLast) bytes[0] = (bytes[0] ?? 0) & 0x7f;
            tap.bytes(isRequest ? "request" : "response", bytes, 1_003 + index);
          }
          tap.end({ direction: "request", at: 1_011, outcome: "complete" });
          tap.end({ direction: "response", at: 1_012, outcome: "complete" });
          using capture = await recording.load();
          const [message] = capture.exchanges[0]?.messages ?? [];
          assertEquals(message?.opcode, isBinary ? 2 : 1);
          assertEquals(message?.size, parts.join("").length);
          const all = await everythingOnDisk(recording.directory);
          assertExcludes(all, secret);
          assertExcludes(all, btoa(secret).slice(0, 24));
          const stored = message === undefined ? "" : capture.text(message) ?? "";
          assertExcludes(isBinary ? atob(stored) : stored, secret);
        }),
        { numRuns: 8 },
      );
    });
  }
}

/** The bit of a frame that marks its message as compressed (RFC 7692 §6), with the opcode. */
const RSV1 = 0x40;

/** Compresses a message and divides it into the same number of parts. */
function deflated(parts: readonly string[]): readonly Uint8Array[] {
  const bytes = deflateRawSync(bytesOf(parts.join("")), { finishFlush: constants.Z_SYNC_FLUSH });
  const message = new Uint8Array(bytes.subarray(0, -4));
  const at = Math.floor(message.length / 2);
  return parts.length === 1 ? [message] : [message.subarray(0, at), message.subarray(at)];
}

Deno.test("the names of files are hashes of their redacted content, and reveal no secret", async () => {
  await using recording = await record();
  const secret = "sk-planted-0123456789abcdefghij";
  const padding = "word ".repeat(40_000);
  const bodies = [
    `${padding} ${secret}`,
    JSON.stringify({ input: [{ type: "message", content: padding, apiKey: secret }] }),
    `Authorization: Bearer ${secret}\r\n${padding}`,
  ];
  for (const requestBody of bodies) {
    pass(recording, { requestBody, url: `https://x.test/${secret}/v1/files?key=${secret}` });
  }
  await recording.recorder.close();
  const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
  const planted = new Set([secret, `Bearer ${secret}`, ...bodies].map(hashOf));
  const names: string[] = [];
  for await (const { name } of Deno.readDir(recording.directory)) names.push(name);
  assertEquals(names.toSorted(), ["bodies", "capture.jsonl", "meta.json"]);
  const folder = join(recording.directory, "bodies");
  let files = 0;
  for await (const { name } of Deno.readDir(folder)) {
    files++;
    assertEquals(name, hashOf(await Deno.readTextFile(join(folder, name))));
    assert(!planted.has(name), name);
  }
  assertEquals(files, bodies.length);
});

Deno.test("equal secrets have equal masks within a capture and different masks in another capture", async () => {
  const masks: string[][] = [];
  for (let round = 0; round < 2; round++) {
    await using recording = await record();
    pass(recording, { requestHeaders: ["authorization", "Bearer abcdefghijklmnopqrstuvwxyz1"] });
    pass(recording, { requestHeaders: ["x-api-key", "abcdefghijklmnopqrstuvwxyz1"] });
    const all = await recording.recorder.close().then(() => everythingOnDisk(recording.directory));
    assertIncludes(all, "Bearer [REDACTED:");
    masks.push(all.match(/\[REDACTED:[0-9a-f]{8}\]/g) ?? []);
  }
  assertEquals(new Set(masks[0]).size, 1);
  assert(masks[0]?.[0] !== masks[1]?.[0]);
});

Deno.test("values that are not secret are kept: token counts, log probabilities, error codes, the order of JSON members", async () => {
  const text = JSON.stringify({
    max_output_tokens: 4096,
    usage: { input_tokens: 12, input_tokens_details: { cached_tokens: 8 }, total_tokens: 20 },
    logprobs: [{ token: " hello", logprob: -0.1, bytes: [32] }],
    error: { code: "rate_limit_exceeded" },
    prompt_cache_key: "0198-thread",
    z: 1,
    a: "key: value",
  });
  await using recording = await record();
  pass(recording, { requestBody: text });
  using capture = await recording.load();
  assertEquals(capture.text(requestBody(capture.exchanges[0] ?? none())), text);
});

Deno.test("the profile share keeps no text of a prompt, an answer or a tool, and keeps the structure", async () => {
  await using recording = await record({ redaction: "share" });
  pass(recording, {
    requestBody: JSON.stringify({
      model: "gpt-5",
      instructions: "CANARY-1",
      input: [
        { type: "message", role: "user", content: [{ type: "input_text", text: "CANARY-2" }] },
        { type: "function_call_output", call_id: "c", output: "CANARY-3" },
        { type: "reasoning", encrypted_content: "CANARY-4", summary: [] },
      ],
    }),
    responseHeaders: ["content-type", "text/event-stream"],
    response: ['data: {"type":"response.output_text.delta","delta":"CANARY-5"}\n\n'],
  });
  using capture = await recording.load();
  const all = await everythingOnDisk(recording.directory);
  assertExcludes(all, "CANARY");
  const kept = JSON.parse(capture.text(requestBody(capture.exchanges[0] ?? none())) ?? "");
  assertEquals(kept.model, "gpt-5");
  assertEquals(kept.input.map(({ type }: { type: string }) => type), [
    "message",
    "function_call_output",
    "reasoning",
  ]);
  assert(/^\[TEXT:8:[0-9a-f]{8}\]$/.test(kept.instructions));
});

Deno.test("the profile none stores the traffic unchanged", async () => {
  await using recording = await record({ redaction: "none" });
  pass(recording, { requestHeaders: ["authorization", "Bearer plain-secret-0123456789"] });
  await recording.recorder.close();
  assertIncludes(await everythingOnDisk(recording.directory), "plain-secret-0123456789");
});

function none(): never {
  throw new Error("There is no exchange");
}
