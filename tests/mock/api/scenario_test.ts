import { startMockApi } from "../../../lib/mock/api/api.ts";
import { serverError, usageLimitReached } from "../../../lib/mock/api/refusals.ts";
import type { Scenario } from "../../../lib/mock/api/scenario.ts";
import { assert, assertEquals, assertIncludes, assertRejects } from "../../support/assert.ts";

const POST = {
  method: "POST",
  headers: { authorization: "Bearer sk-test", "content-type": "application/json" },
  body: JSON.stringify({ model: "gpt-5.2", input: [] }),
};

/** Sends one request, for one scenario. */
async function ask(scenario: Scenario): Promise<{ reply: Response; text: string }> {
  const api = await startMockApi({ scenario });
  const client = Deno.createHttpClient({ caCerts: [api.authority.certificate] });
  try {
    const reply = await fetch(`${api.baseUrl}/responses`, { client, ...POST });
    return { reply, text: await reply.text() };
  } finally {
    client.close();
    await api.close();
  }
}

function lastEvent(text: string): Record<string, unknown> {
  const data = text.trimEnd().split("\n").at(-1) ?? "";
  return JSON.parse(data.slice("data: ".length));
}

Deno.test("a failed response ends with its code, after the requested deltas", async () => {
  const { text } = await ask({
    ending: { kind: "failed", code: "rate_limit_exceeded", message: "try again in 28ms", afterDeltas: 2 },
  });
  assertEquals(text.match(/event: response.output_text.delta/g)?.length, 2);
  const event = lastEvent(text);
  assertEquals(event["type"], "response.failed");
  assertIncludes(JSON.stringify(event), '"code":"rate_limit_exceeded"');
});

Deno.test("an incomplete response names its reason", async () => {
  const event = lastEvent((await ask({ ending: { kind: "incomplete", reason: "content_filter" } })).text);
  assertEquals(event["type"], "response.incomplete");
  assertIncludes(JSON.stringify(event), '"incomplete_details":{"reason":"content_filter"}');
});

Deno.test("a stream can end normally without its terminal event", async () => {
  const { text } = await ask({ ending: { kind: "eof", afterDeltas: 1 } });
  assertEquals(lastEvent(text)["type"], "response.output_text.delta");
});

Deno.test("an error event is sent unchanged", async () => {
  const frame = { type: "error", code: "server_error", message: "no", param: null };
  assertEquals(lastEvent((await ask({ ending: { kind: "error", frame } })).text), frame);
});

Deno.test("small chunks, comments and gzip do not change the events", async () => {
  const plain = await ask({ text: "Grüße, Welt: ein Stück 🚰 Text" });
  const types = (text: string) => text.match(/"type":"response\.[a-z_.]+"/g);
  for (const scenario of [{ pieceBytes: 3 }, { comments: true }, { compression: "gzip" }] as const) {
    const { text, reply } = await ask({ text: "Grüße, Welt: ein Stück 🚰 Text", ...scenario });
    assertEquals(types(text), types(plain.text));
    assertIncludes(text, "🚰");
    assertEquals(reply.headers.get("content-encoding"), "compression" in scenario ? "gzip" : null);
    if ("comments" in scenario) assertIncludes(text, ": keep-alive\n\n");
  }
});

Deno.test("unknown events, whole items and a huge delta are sent at their place", async () => {
  const { text } = await ask({
    extraEvents: [{ type: "response.new_tool_event", answer: 42 }],
    items: [{ id: "fc_1", type: "function_call", call_id: "c1", name: "look", arguments: "{}" }],
    hugeDeltaBytes: 100_000,
  });
  assertIncludes(text, '{"type":"response.new_tool_event","answer":42}');
  assertIncludes(text, '"type":"response.output_item.done","sequence_number":3,"output_index":0');
  assert(text.includes("x".repeat(100_000)));
  assertEquals(lastEvent(text)["type"], "response.completed");
});

Deno.test("default headers can be removed and others added", async () => {
  const { reply } = await ask({
    servedModel: null,
    headers: { "x-codex-turn-state": null, "x-codex-other-primary-used-percent": "7" },
  });
  assertEquals(reply.headers.get("openai-model"), null);
  assertEquals(reply.headers.get("x-codex-turn-state"), null);
  assertEquals(reply.headers.get("x-codex-other-primary-used-percent"), "7");
});

Deno.test("refusals come with the headers and bodies of the real ones", async () => {
  const limit = await ask({ refusal: usageLimitReached(1_700_000_000) });
  assertEquals(limit.reply.status, 429);
  assertEquals(JSON.parse(limit.text).error.resets_at, 1_700_000_000);
  const failure = await ask({ refusal: serverError(3) });
  assertEquals([failure.reply.status, failure.reply.headers.get("retry-after")], [500, "3"]);
});

Deno.test("a stall sends the requested events and then nothing, until the client leaves", async () => {
  const api = await startMockApi({ scenario: { ending: { kind: "stall", afterDeltas: 1 } } });
  const client = Deno.createHttpClient({ caCerts: [api.authority.certificate] });
  const leave = new AbortController();
  const reply = await fetch(`${api.baseUrl}/responses`, {
    client,
    ...POST,
    signal: leave.signal,
  });
  let text = "";
  let limit = setTimeout(() => leave.abort(), 20_000);
  await assertRejects(async () => {
    for await (const part of reply.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += part;
      if (!text.includes("event: response.output_text.delta")) continue;
      // The limit begins with the delta, so that a slow connection does not count.
      clearTimeout(limit);
      limit = setTimeout(() => leave.abort(), 300);
    }
  });
  clearTimeout(limit);
  assertEquals(text.match(/event: response.output_text.delta/g)?.length, 1);
  client.close();
  await api.close();
});

Deno.test("without TLS the same API speaks plain HTTP", async () => {
  const api = await startMockApi({ plain: true, open: true });
  const reply = await fetch(`${api.baseUrl}/responses`, { method: "POST", body: POST.body });
  assertIncludes(await reply.text(), '"type":"response.completed"');
  await api.close();
});
