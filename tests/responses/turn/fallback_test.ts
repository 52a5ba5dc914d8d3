import { assert, assertEquals, assertIncludes, assertMatch } from "../../support/assert.ts";
import { FALLBACK_ROWS, NO_FALLBACK_ROWS } from "./fallback_rows.ts";
import { HELLO, ONCE, readTurn, tokens } from "../kit.ts";
import {
  accept,
  COMPLETE,
  refuse,
  type Reply,
  says,
  saysAndBreaks,
  socketServer,
  socketSession,
} from "../transport/websocket/websocket_kit.ts";

Deno.test("auto: a 426 falls back to SSE with one upgrade and one POST, without a retry or a message, until the session ends", async () => {
  await using server = await socketServer({ upgrades: [refuse(426, "Upgrade Required")] });
  using session = await socketSession(server.baseUrl, { provider: ONCE });
  const first = await readTurn(session.turn(HELLO));
  const second = await readTurn(session.turn(HELLO));
  assertEquals([first.result.status, first.result.transport, first.of("culvert.retry").length], [
    "completed",
    "sse",
    0,
  ]);
  assertEquals(first.of("culvert.fallback").map(({ quiet }) => quiet), [true]);
  assertEquals([server.handshakes.length, server.posts.length], [1, 2]);
  assertEquals(second.of("culvert.fallback"), []);
});

for (const [name, upgrade, says] of FALLBACK_ROWS) {
  Deno.test(`auto: ${name} falls back to SSE after one attempt, with one warning`, async () => {
    await using server = await socketServer({ upgrades: [upgrade] });
    using session = await socketSession(server.baseUrl, {
      provider: { ...ONCE, websocketConnectTimeoutMs: 250 },
    });
    const { result, of } = await readTurn(session.turn(HELLO));
    await readTurn(session.turn(HELLO));
    assertEquals([result.status, result.transport, of("culvert.retry").length], ["completed", "sse", 0]);
    const [fallback, ...more] = of("culvert.fallback");
    assertEquals([fallback?.quiet, more.length], [false, 0]);
    assertMatch(fallback?.reason ?? "", says);
    assertEquals([server.handshakes.length, server.posts.length], [1, 2]);
    assert(result.timings_ms.total < 1_000 + 250, `${result.timings_ms.total} ms`);
  });
}

Deno.test("auto: an upgrade answered with 429 ends the turn", async () => {
  await using server = await socketServer({
    upgrades: [refuse(429, '{"error":{"type":"usage_limit_reached"}}')],
  });
  using session = await socketSession(server.baseUrl);
  const { result } = await readTurn(session.turn(HELLO));
  assertEquals([result.error?.code, server.posts.length], ["usage_limit", 0]);
});

Deno.test("auto: a socket that closes before it delivers a frame is abandoned immediately", async () => {
  await using server = await socketServer({ replies: [(socket) => socket.close(1008, "policy")] });
  using session = await socketSession(server.baseUrl, { provider: ONCE });
  const { result, of } = await readTurn(session.turn(HELLO));
  assertEquals([result.status, result.transport, of("culvert.retry").length], ["completed", "sse", 0]);
  assertIncludes(of("culvert.fallback")[0]?.reason ?? "", "1008");
  assertEquals([server.handshakes.length, server.posts.length], [1, 1]);
});

Deno.test("auto: a socket that stays silent after the request is abandoned after the idle limit", async () => {
  await using server = await socketServer({ replies: [() => {}] });
  using session = await socketSession(server.baseUrl, { provider: { ...ONCE, streamIdleTimeoutMs: 150 } });
  const { result, of } = await readTurn(session.turn(HELLO));
  assertEquals([result.status, result.transport, of("culvert.retry").length], ["completed", "sse", 0]);
});

const [CREATED = {}] = COMPLETE;
const HALF = [CREATED, { type: "response.output_text.delta", delta: "Hal" }];

Deno.test("auto: the first socket that breaks during a response is retried, the second falls back to SSE within the budget", async () => {
  await using server = await socketServer({ replies: [saysAndBreaks(HALF)] });
  using session = await socketSession(server.baseUrl, { provider: { streamMaxRetries: 2 } });
  const { result, of } = await readTurn(session.turn(HELLO));
  assertEquals([result.status, result.transport], ["completed", "sse"]);
  assertEquals(of("culvert.retry").map(({ attempt, discards_output }) => [attempt, discards_output]), [
    [1, true],
    [2, true],
  ]);
  assertEquals([server.handshakes.length, server.posts.length, of("culvert.fallback").length], [2, 1, 1]);
});

Deno.test("auto: a failed response does not count as a fault of the websocket", async () => {
  const failed = {
    type: "response.failed",
    response: { id: "r", error: { code: "server_error", message: "x" } },
  };
  await using server = await socketServer({ replies: [says([failed]), says([failed]), says(COMPLETE)] });
  using session = await socketSession(server.baseUrl);
  const { result, of } = await readTurn(session.turn(HELLO));
  assertEquals([result.transport, of("culvert.fallback").length, of("culvert.retry").length], [
    "websocket",
    0,
    2,
  ]);
});

Deno.test("auto: an unreachable server is retried over the websocket, without a fallback", async () => {
  const server = await socketServer();
  await server[Symbol.asyncDispose]();
  using session = await socketSession(server.baseUrl, { provider: { requestMaxRetries: 2 } });
  const { result, of } = await readTurn(session.turn(HELLO));
  assertEquals([result.error?.code, of("culvert.retry").length, of("culvert.fallback").length], [
    "connect",
    2,
    0,
  ]);
});

Deno.test("auto: an untrusted certificate ends the turn without a fallback and without a retry", async () => {
  const { dialerFor, trusting } = await import("../../net/kit.ts");
  await using server = await socketServer();
  using dialer = await dialerFor({ trust: trusting() });
  using session = await socketSession(server.baseUrl, { dialer });
  const { result, of } = await readTurn(session.turn(HELLO));
  assertEquals([result.error?.code, result.exit_code], ["tls_unknown_issuer", 3]);
  assertEquals([of("culvert.retry").length, of("culvert.fallback").length, server.posts.length], [0, 0, 0]);
});

for (const [name, upgrade, code] of NO_FALLBACK_ROWS) {
  Deno.test(`ws: an upgrade answered with ${name} is an error and never a fallback`, async () => {
    await using server = await socketServer({ upgrades: [upgrade] });
    using session = await socketSession(server.baseUrl, {
      transport: "ws",
      provider: { ...ONCE, websocketConnectTimeoutMs: 250 },
    });
    const { result, of } = await readTurn(session.turn(HELLO));
    assertEquals([result.error?.code, of("culvert.fallback").length, server.posts.length], [code, 0, 0]);
  });
}

Deno.test("ws: the websocket is used although the provider does not declare one", async () => {
  await using server = await socketServer();
  using session = await socketSession(server.baseUrl, {
    transport: "ws",
    provider: { supportsWebsockets: false },
  });
  assertEquals((await readTurn(session.turn(HELLO))).result.transport, "websocket");
});

for (const over of [{ transport: "sse" }, { provider: { supportsWebsockets: false } }] as const) {
  Deno.test(`no upgrade is tried with ${JSON.stringify(over)}`, async () => {
    await using server = await socketServer();
    using session = await socketSession(server.baseUrl, over);
    assertEquals([(await readTurn(session.turn(HELLO))).result.transport, server.handshakes.length], [
      "sse",
      0,
    ]);
  });
}

Deno.test("the whole turn has one budget, for all transports and all failures", async () => {
  const limits = { requestMaxRetries: 2, streamMaxRetries: 3 };
  const breaks: Reply = saysAndBreaks(HALF);
  const body = HALF.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  await using server = await socketServer({
    upgrades: [accept(), accept()],
    replies: [breaks],
    posts: [
      () => new Response("busy", { status: 502 }),
      () => new Response(body, { headers: { "content-type": "text/event-stream" } }),
    ],
  });
  using session = await socketSession(server.baseUrl, { provider: limits });
  const { result, of } = await readTurn(session.turn(HELLO));
  assertEquals(result.status, "failed");
  const attempts = server.handshakes.length + server.posts.length;
  // One attempt per change of the transport, in addition to the first one and the retries.
  assert(attempts <= 1 + 2 + 3 + 1, `${attempts} attempts`);
  assertEquals(of("culvert.result").length, 1);
});

Deno.test("a 401 over the websocket, a refused upgrade and SSE share one limit of recoveries for the turn", async () => {
  const authenticator = tokens("chatgpt", "a", "b");
  await using server = await socketServer({
    upgrades: [refuse(401), refuse(404)],
    posts: [() => new Response("no", { status: 401 })],
  });
  using session = await socketSession(server.baseUrl, { authenticator });
  const { result, of } = await readTurn(session.turn(HELLO));
  assertEquals([result.error?.code, result.exit_code], ["auth_rejected", 4]);
  assertEquals([of("culvert.auth").length, server.handshakes.length, server.posts.length], [2, 2, 1]);
});
