import { makeImages } from "../../lib/api/images.ts";
import { summarizeTraces } from "../../lib/api/memories.ts";
import { searchWeb } from "../../lib/api/search.ts";
import { asCulvertError } from "../../lib/errors.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { apiRig } from "./kit.ts";

const reply = (value: unknown) => () => Response.json(value);

Deno.test("memories are requested from memories/trace_summarize, with the path of each trace and without session ids", async () => {
  await using rig = apiRig([reply({
    output: [
      { trace_summary: "all", memory_summary: "some" },
      { raw_memory: "old name", memory_summary: "other" },
    ],
  })]);
  const traces = ["/a.jsonl", "/b.jsonl"].map((sourcePath) => ({
    id: "t",
    sourcePath,
    items: [{ type: "message" }],
  }));
  const memories = await summarizeTraces(rig.connection, { model: "m", traces, reasoningEffort: "low" });
  assertEquals(memories, [
    { traceSummary: "all", memorySummary: "some" },
    { traceSummary: "old name", memorySummary: "other" },
  ]);
  const [request] = rig.seen;
  assertEquals(request?.url.pathname, "/v1/memories/trace_summarize");
  assertEquals(request?.json, {
    model: "m",
    traces: ["/a.jsonl", "/b.jsonl"].map((source_path) => ({
      id: "t",
      metadata: { source_path },
      items: [{ type: "message" }],
    })),
    reasoning: { effort: "low" },
  });
  const headers = request?.headers;
  assertEquals(headers?.get("x-openai-memgen-request"), "true");
  for (const name of ["session-id", "thread-id", "x-codex-window-id"]) assertEquals(headers?.get(name), null);
});

Deno.test("an empty list of traces gives no memories and sends no request", async () => {
  await using rig = apiRig([reply({})]);
  assertEquals(await summarizeTraces(rig.connection, { model: "m", traces: [] }), []);
  assertEquals(rig.seen.length, 0);
});

Deno.test("an image is generated from exactly the given fields, and edited with the images first", async () => {
  await using rig = apiRig([reply({ created: 1, data: [{ b64_json: "AQI=" }], quality: null, future: 1 })]);
  const made = await makeImages(rig.connection, { prompt: "p", model: "m" });
  assertEquals(made, { created: 1, images: [Uint8Array.of(1, 2)] });
  await makeImages(rig.connection, {
    prompt: "p",
    model: "m",
    images: ["data:image/png;base64,AA=="],
    background: "auto",
    count: 2,
    quality: "high",
    size: "1024x1024",
    turnId: "turn-1",
  });
  const [generation, edit] = rig.seen;
  assertEquals([generation?.url.pathname, generation?.json], ["/v1/images/generations", {
    prompt: "p",
    model: "m",
  }]);
  assert((generation?.headers.get("x-codex-image-turn-id") ?? "") !== "");
  assertEquals(edit?.url.pathname, "/v1/images/edits");
  assertEquals(
    new TextDecoder().decode(edit?.bytes),
    '{"images":[{"image_url":"data:image/png;base64,AA=="}],"prompt":"p","background":"auto","model":"m","n":2,' +
      '"quality":"high","size":"1024x1024"}',
  );
  assertEquals(edit?.headers.get("x-codex-image-turn-id"), "turn-1");
});

Deno.test("a reply to an image request without data, or with damaged base64, is an error that names the field", async () => {
  for (
    const [body, field] of [[{ created: 1 }, "data"], [
      { created: 1, data: [{ b64_json: "%" }] },
      "data.0.b64_json",
    ]]
  ) {
    await using rig = apiRig([reply(body)]);
    const error = await makeImages(rig.connection, { prompt: "p", model: "m" }).then(
      () => undefined,
      asCulvertError,
    );
    assertEquals([error?.code, error?.details["field"]], ["response_failed", field]);
  }
});

Deno.test("a search sends every setting as the API defines it, and returns results unchanged", async () => {
  const results = [{ type: "text_result", anything: { goes: [1] } }];
  await using rig = apiRig([reply({ output: "text", encrypted_output: "enc", results })]);
  const request = {
    id: "session-1",
    model: "m",
    reasoning: { effort: "low" },
    input: "about culverts",
    commands: {
      search_query: [{ q: "culvert", recency: 7, domains: ["example.com"] }],
      open: [{ ref_id: "r", lineno: 3 }],
      weather: [{ location: "Graz" }],
      response_length: "short",
    },
    settings: {
      user_location: { type: "approximate", country: "AT" },
      search_context_size: "high",
      filters: { allowed_domains: ["example.com"], blocked_domains: [] },
      image_settings: { max_results: 1, caption: true },
      allowed_callers: ["direct"],
      external_web_access: "cached",
    },
  } as const;
  const found = await searchWeb(rig.connection, { ...request, maxOutputTokens: 50, turnMetadata: "{}" });
  assertEquals(found, { output: "text", encryptedOutput: "enc", results });
  const [seen] = rig.seen;
  assertEquals([seen?.url.pathname, seen?.headers.get("x-codex-turn-metadata")], ["/v1/alpha/search", "{}"]);
  assertEquals(seen?.json, { ...request, max_output_tokens: 50 });
});

Deno.test("images and search results are kept if the server describes them in another form", async () => {
  await using rig = apiRig([
    reply({ created: "now", data: [{ b64_json: "AQI=" }], quality: 1, size: [], background: {} }),
    reply({ output: "found", encrypted_output: 5, results: "none" }),
  ]);
  const { created, ...made } = await makeImages(rig.connection, { prompt: "p", model: "m" });
  assertEquals(made, { images: [Uint8Array.of(1, 2)] });
  assert(Number.isInteger(created));
  assertEquals(await searchWeb(rig.connection, { model: "m" }), { output: "found" });
});

Deno.test("a search distinguishes missing results from an empty list of results", async () => {
  for (const [body, has] of [[{ output: "" }, false], [{ output: "", results: [] }, true]] as const) {
    await using rig = apiRig([reply(body)]);
    const found = await searchWeb(rig.connection, { model: "m" });
    assertEquals(["results" in found, found.results?.length], [has, has ? 0 : undefined]);
  }
});
