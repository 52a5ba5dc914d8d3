import { zstdCompressSync } from "node:zlib";
import { WebSocket } from "ws";
import { startMockApi } from "../../../lib/mock/api/api.ts";
import { overloaded, unauthorized } from "../../../lib/mock/api/refusals.ts";
import { assert, assertEquals, assertIncludes, assertRejects } from "../../support/assert.ts";

const HEADERS = { authorization: "Bearer sk-test", "content-type": "application/json" };
const BODY = JSON.stringify({ model: "gpt-5.2", input: [], stream: true });

/** Starts an API and a client that trusts it, and ends both. */
async function withApi(
  run: (api: Awaited<ReturnType<typeof startMockApi>>, client: Deno.HttpClient) => Promise<void>,
): Promise<void> {
  const api = await startMockApi();
  const client = Deno.createHttpClient({ caCerts: [api.authority.certificate] });
  try {
    await run(api, client);
  } finally {
    client.close();
    await api.close();
  }
}

function eventsOf(text: string): Record<string, unknown>[] {
  return text.split("\n").filter((line) => line.startsWith("data: ")).map((line) =>
    JSON.parse(line.slice(6))
  );
}

Deno.test("the simulated API streams the events of a response in the order of the real one", async () => {
  await withApi(async (api, client) => {
    api.enqueue({ text: "Hello there", reasoning: "Thinking it over" });
    const reply = await fetch(`${api.baseUrl}/responses`, {
      client,
      method: "POST",
      headers: HEADERS,
      body: BODY,
    });
    const events = eventsOf(await reply.text());
    assertEquals(events.map((event) => event["type"]), [
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.reasoning_summary_part.added",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.done",
      "response.reasoning_summary_part.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    assertEquals(events.map((event) => event["sequence_number"]), events.map((_, index) => index));
    assertEquals(reply.headers.get("openai-model"), "gpt-5.2");
    assertEquals(reply.headers.get("x-codex-primary-used-percent"), "12.5");
    assertEquals(api.log.turns.length, 1);
    assertEquals(api.log.turns[0]?.json?.["model"], "gpt-5.2");
  });
});

Deno.test("the simulated API refuses a request without a token and gives the reason in its headers", async () => {
  await withApi(async (api, client) => {
    const reply = await fetch(`${api.baseUrl}/responses`, { client, method: "POST", body: BODY });
    assertEquals(reply.status, 401);
    assertEquals(reply.headers.get("x-openai-authorization-error"), "missing_authorization_header");
    assertIncludes(atob(reply.headers.get("x-error-json") ?? ""), "missing_authorization");
    await reply.body?.cancel();
  });
});

Deno.test("queued scenarios are used in order, followed by successful answers", async () => {
  await withApi(async (api, client) => {
    api.enqueue({ refusal: unauthorized() }, { refusal: overloaded() });
    const statuses: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const reply = await fetch(`${api.baseUrl}/responses`, {
        client,
        method: "POST",
        headers: HEADERS,
        body: BODY,
      });
      statuses.push(reply.status);
      await reply.body?.cancel();
    }
    assertEquals(statuses, [401, 503, 200]);
  });
});

Deno.test("a cut stream reaches the client as an incomplete transfer, after the bytes that were sent before", async () => {
  await withApi(async (api, client) => {
    api.enqueue({ ending: { kind: "cut", afterDeltas: 2, midEvent: true } });
    const reply = await fetch(`${api.baseUrl}/responses`, {
      client,
      method: "POST",
      headers: HEADERS,
      body: BODY,
    });
    let text = "";
    await assertRejects(async () => {
      for await (const part of reply.body?.pipeThrough(new TextDecoderStream()) ?? []) text += part;
    });
    assertEquals(text.match(/event: response.output_text.delta/g)?.length, 3);
    assert(!text.includes("response.completed"));
  });
});

Deno.test("the simulated API sees that a client leaves", async () => {
  await withApi(async (api, client) => {
    api.enqueue({ ending: { kind: "stall", afterDeltas: 1 } });
    const leave = new AbortController();
    const { signal } = leave;
    const reply = await fetch(`${api.baseUrl}/responses`, {
      client,
      method: "POST",
      headers: HEADERS,
      body: BODY,
      signal,
    });
    const [turn] = await api.log.waitFor(1, (request) => request.method === "POST");
    assertEquals(turn?.clientGone.aborted, false);
    const gone = new Promise((resolve) => turn?.clientGone.addEventListener("abort", resolve));
    leave.abort();
    await assertRejects(async () => await reply.text());
    await gone;
  });
});

Deno.test("100,000 deltas arrive completely", async () => {
  await withApi(async (api, client) => {
    api.enqueue({ manyDeltas: 100_000 });
    const reply = await fetch(`${api.baseUrl}/responses`, {
      client,
      method: "POST",
      headers: HEADERS,
      body: BODY,
    });
    let deltas = 0;
    let rest = "";
    for await (const part of reply.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const text = rest + part;
      const end = text.lastIndexOf("\n\n");
      if (end < 0) rest = text;
      else {
        deltas += text.slice(0, end).split("event: response.output_text.delta\n").length - 1;
        rest = text.slice(end);
      }
    }
    assertEquals(deltas, 100_000);
  });
});

Deno.test("timed events contain the time at which they were sent, with the requested gap", async () => {
  await withApi(async (api, client) => {
    const reply = await fetch(`${api.baseUrl}/culvert/timed-events?events=3&gap=40`, { client });
    const beats = eventsOf(await reply.text());
    assertEquals(beats.length, 3);
    const times = beats.map((beat) => Number(beat["sent_at_ms"]));
    assert((times[1] ?? 0) >= 39 && (times[2] ?? 0) - (times[1] ?? 0) >= 39, String(times));
  });
});

Deno.test("the model list has the form of the platform, or of the backend if a client version is given", async () => {
  await withApi(async (api, client) => {
    const get = (path: string, headers = {}) =>
      fetch(new URL(path, api.origin), { client, headers: { ...HEADERS, ...headers } });
    const platform = await (await get("/v1/models")).json();
    assertEquals([platform.object, Object.keys(platform.data[0])], ["list", [
      "id",
      "object",
      "created",
      "owned_by",
    ]]);
    assertEquals(platform.models, undefined);
    const backend = await (await get("/backend-api/codex/models?client_version=0.171.0")).json();
    assertEquals([Object.keys(backend), backend.models[0].priority], [["models"], 0]);
    assertEquals(await (await get("/backend-api/codex/models")).json(), { models: [] });
    const same = await get("/v1/models", { "if-none-match": '"mock-models-1"' });
    assertEquals([same.status, await same.text()], [304, ""]);
    assertEquals((await (await get("/v1/models/mock-1")).json()).id, "mock-1");
    const unknown = await get("/v1/models/none");
    assertEquals([unknown.status, (await unknown.json()).error.type], [404, "invalid_request_error"]);
  });
});

/**
 * Uses one websocket: sends `frames`, and collects frames until the socket closes or `until` returns true.
 */
function talk(
  url: string,
  ca: string,
  frames: readonly unknown[],
  until: (frame: Record<string, unknown>, count: number) => boolean,
): Promise<{ frames: Record<string, unknown>[]; code: number; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { ca: [ca], headers: { authorization: "Bearer sk-test" } });
    const got: Record<string, unknown>[] = [];
    let headers = {};
    let sent = 0;
    const next = () => sent < frames.length && socket.send(JSON.stringify(frames[sent++]));
    socket.on("upgrade", (message) => headers = message.headers);
    socket.on("open", next);
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data));
      got.push(frame);
      if (frame.type === "response.completed") next();
      if (until(frame, got.length)) socket.close();
    });
    socket.on("unexpected-response", (_request, message) => {
      socket.on("error", () => {});
      socket.terminate();
      resolve({ frames: got, code: message.statusCode ?? 0, headers: message.headers });
    });
    socket.on("close", (code) => resolve({ frames: got, code, headers }));
    socket.on("error", reject);
  });
}

Deno.test("the websocket answers a prewarm request and an incremental request, and knows its own response ids", async () => {
  await withApi(async (api) => {
    const url = `${api.baseUrl.replace("https", "wss")}/responses`;
    const warm = await talk(
      url,
      api.authority.certificate,
      [{ type: "response.create", model: "gpt-5.2", input: [], generate: false }, {
        type: "response.create",
        model: "gpt-5.2",
        input: [],
      }],
      (frame, count) => frame["type"] === "response.completed" && count > 6,
    );
    assertEquals(warm.headers["x-models-etag"], '"mock-models-1"');
    const types = warm.frames.map((frame) => frame["type"]);
    assertEquals(types.filter((type) => type === "response.completed").length, 2);
    assertEquals(types.slice(0, 5), [
      "response.created",
      "codex.rate_limits",
      "response.metadata",
      "response.in_progress",
      "response.completed",
    ]);
    const unknown = await talk(
      url,
      api.authority.certificate,
      [{
        type: "response.create",
        model: "gpt-5.2",
        input: [],
        previous_response_id: "resp_of_another_socket",
      }],
      () => true,
    );
    assertIncludes(JSON.stringify(unknown.frames), "previous_response_not_found");
    assertEquals(api.handshakes(), 2);
  });
});

Deno.test("an upgrade can be refused with evidence headers, and a socket closed with 1008 or cut", async () => {
  await withApi(async (api) => {
    const url = `${api.baseUrl.replace("https", "wss")}/responses`;
    const create = [{ type: "response.create", model: "gpt-5.2", input: [] }];
    api.enqueueHandshake({ kind: "refuse", refusal: unauthorized() });
    const refused = await talk(url, api.authority.certificate, create, () => true);
    assertEquals(refused.code, 401);
    assertEquals(refused.headers["cf-ray"], "8f00000000000000-FRA");
    api.enqueue({ ending: { kind: "close", code: 1008, reason: "policy", afterDeltas: 1 } });
    assertEquals((await talk(url, api.authority.certificate, create, () => false)).code, 1008);
    api.enqueue({ ending: { kind: "cut", afterDeltas: 1 } });
    const cut = await talk(url, api.authority.certificate, create, () => false);
    assertEquals(cut.code, 1006);
    assertEquals(cut.frames.filter((frame) => frame["type"] === "response.output_text.delta").length, 1);
  });
});

Deno.test("a body in zstd is decoded, as by the ChatGPT backend", async () => {
  await withApi(async (api, client) => {
    const headers = { ...HEADERS, "content-encoding": "zstd" };
    const body = new Uint8Array(zstdCompressSync(BODY));
    const reply = await fetch(`${api.baseUrl}/responses`, { client, method: "POST", headers, body });
    await reply.text();
    assertEquals(reply.headers.get("openai-model"), "gpt-5.2");
    assertEquals(api.log.turns[0]?.json?.["model"], "gpt-5.2");
  });
});
