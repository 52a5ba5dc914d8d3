import { indexOf } from "../../../lib/capture/view/view_index.ts";
import { captureContext } from "../../../lib/capture/view/capture_context.ts";
import { detailOf } from "../../../lib/capture/view/view_detail.ts";
import { buildPage } from "../../../lib/capture/view/page_parts.ts";
import { startView } from "../../../lib/capture/view/view_server.ts";
import { processWorld } from "../../../lib/cli/app/process.ts";
import { assert, assertEquals, assertExcludes } from "../../support/assert.ts";
import { pass, record } from "../record/recording_kit.ts";
import { answerOf, recordSession, requestOf } from "../record/sample_capture.ts";

const MODEL = "https://chatgpt.com/backend-api/codex/responses";
const STREAM = ["content-type", "text/event-stream"];

Deno.test("refusals, recoveries, retries, limits, cuts and the fallback to HTTP are marked", async () => {
  await using recording = await record();
  const upgrade = ["Upgrade", "websocket", "Connection", "Upgrade"];
  pass(recording, { url: MODEL, method: "GET", requestHeaders: upgrade, status: 426, response: [] });
  pass(recording, { url: MODEL, requestBody: requestOf(0), status: 401, response: ["{}"] });
  pass(recording, { url: MODEL, requestBody: requestOf(0), responseHeaders: STREAM, response: answerOf(0) });
  pass(recording, { url: MODEL, requestBody: requestOf(1), status: 429, response: ["{}"] });
  pass(recording, {
    url: MODEL,
    requestBody: requestOf(1),
    responseHeaders: STREAM,
    response: answerOf(1).slice(0, 3),
    outcome: "failed",
  });
  pass(recording, { url: MODEL, requestBody: requestOf(1), responseHeaders: STREAM, response: answerOf(1) });
  using capture = await recording.load();
  const kinds = indexOf(capture).rows.map(({ marks }) => marks.map(({ kind }) => kind));
  assertEquals(kinds, [
    ["failed"],
    ["unauthorized", "fallback"],
    ["recovered"],
    ["limited"],
    ["cut", "retry"],
    ["retry"],
  ]);
});

Deno.test("a stream that its client closes at the terminal event does not count as cut", async () => {
  await using recording = await record();
  pass(recording, {
    url: MODEL,
    requestBody: requestOf(0),
    responseHeaders: STREAM,
    response: answerOf(0),
    outcome: "aborted",
  });
  using capture = await recording.load();
  assertEquals(indexOf(capture).rows[0]?.marks, []);
});

Deno.test("a model call has its tokens, first event, first token and the part that repeats the previous call", async () => {
  await using recording = await recordSession({ turns: 2, gapMs: 40 });
  using capture = await recording.load();
  const { turns } = indexOf(capture);
  const [, first, second, prewarm, socket] = turns;
  assertEquals([first?.input_tokens, first?.cached_tokens, first?.output_tokens, first?.reasoning_tokens], [
    1_200,
    0,
    40,
    12,
  ]);
  assertEquals([first?.first_event_ms, first?.first_token_ms], [44, 124]);
  assert((second?.repeated_chars ?? 0) > 0 && second?.cache_break === null);
  assertEquals([prewarm?.transport, socket?.transport], ["websocket", "websocket"]);
  assertEquals(socket?.outcome, "completed");
});

Deno.test("an exchange names the redacted headers and marks the items that are new", async () => {
  await using recording = await recordSession({ turns: 2 });
  using capture = await recording.load();
  const context = captureContext(capture);
  const details = capture.exchanges.map((exchange) => detailOf(exchange, context));
  const second = details.filter(({ turns }) => turns.length === 1)[2];
  assertEquals(second?.redacted.headers.map(({ name }) => name), ["Authorization", "Set-Cookie"]);
  assertEquals(second?.turns[0]?.request.filter(({ is_new }) => is_new).map(({ label }) => label), [
    "function_call_output",
    "message user",
  ]);
});

Deno.test("the view is served only under a random token, and only to pages of this machine", async () => {
  await using recording = await recordSession({ turns: 1 });
  using capture = await recording.load();
  const source = { capture: () => capture, refresh: () => false };
  const server = await startView({ source, world: processWorld() });
  try {
    const status = async (path: string, headers: Record<string, string> = {}) => {
      const response = await fetch(new URL(path, server.url), { headers });
      await response.body?.cancel();
      return response.status;
    };
    assertEquals(await status("/"), 404);
    assertEquals(await status("/data/index.json"), 404);
    assertEquals(await status("./data/index.json"), 200);
    assertEquals(await status("./data/exchange/x1.json"), 200);
    assertEquals(await status("./data/exchange/nothing.json"), 404);
    assertEquals(await status("./data/index.json", { origin: "https://evil.test" }), 403);
    assertEquals(await status("./data/index.json", { "sec-fetch-site": "cross-site" }), 403);
    const page = await fetch(server.url);
    await page.body?.cancel();
    assert((page.headers.get("content-security-policy") ?? "").startsWith("default-src 'none'"));
    assertEquals(page.headers.get("cache-control"), "no-store");
    const other = await startView({ source, world: processWorld() });
    assert(new URL(other.url).pathname !== new URL(server.url).pathname);
    assert(new URL(other.url).pathname.length > 30);
    await other.close();
  } finally {
    await server.close();
  }
});

Deno.test("the page has no import, no export and no address of another host in its scripts", async () => {
  const { html } = await buildPage();
  const [, script = ""] = /<script>([^]*)<\/script>/.exec(html) ?? [];
  assertEquals(/^\s*(import|export)\s/m.test(script), false);
  assertExcludes(script.replaceAll("http://www.w3.org/2000/svg", ""), "http://");
  assertExcludes(script, "https://");
  assertExcludes(script, "innerHTML");
});
