import { raceAbort } from "../../../../lib/async/race_abort.ts";
import { assertEquals, assertMatch } from "../../../support/assert.ts";
import { worldWith } from "../../../net/kit.ts";
import { HELLO, readTurn, tokens } from "../../kit.ts";
import {
  accept,
  COMPLETE,
  cut,
  handshakeSeen,
  refuse,
  says,
  silence,
  socketServer,
  socketSession,
} from "./websocket_kit.ts";

const CODEX = {
  authenticator: tokens("chatgpt", "tok"),
  provider: { name: "OpenAI", requiresOpenAiAuth: true },
};

Deno.test("preconnect opens the websocket, sends no request and reports no turn, and the first turn uses it", async () => {
  await using server = await socketServer();
  using session = await socketSession(server.baseUrl, CODEX);
  await session.preconnect();
  const [headers] = server.handshakes;
  assertEquals([server.handshakes.length, server.frames.length], [1, 0]);
  assertEquals(
    ["x-codex-turn-metadata", "x-codex-routing-hint", "x-codex-turn-state"].map((name) => headers?.get(name)),
    [null, null, null],
  );
  assertEquals([headers?.get("authorization"), headers?.get("openai-beta")], [
    "Bearer tok",
    "responses_websockets=2026-02-06",
  ]);
  assertMatch(headers?.get("thread-id") ?? "", /^[0-9a-f-]{36}$/);
  const { result, of, types } = await readTurn(session.turn(HELLO));
  assertEquals([result.status, result.transport, types[0]], ["completed", "websocket", "culvert.connected"]);
  assertEquals([server.handshakes.length, server.frames.length], [1, 1]);
  assertEquals(of("culvert.connected")[0]?.reused, true);
  const [frame] = server.frames;
  assertEquals([frame?.json.previous_response_id, frame?.json.generate], [undefined, undefined]);
});

Deno.test("a turn waits for a preconnect with a slow handshake, and uses it", async () => {
  await using server = await socketServer({ upgrades: [accept({}, 150)] });
  using session = await socketSession(server.baseUrl, { world: worldWith() });
  const connecting = session.preconnect();
  const { result } = await readTurn(session.turn(HELLO));
  await connecting;
  assertEquals([result.transport, server.handshakes.length], ["websocket", 1]);
});

Deno.test("a preconnect without an answer is abandoned, and the turn opens another connection", async () => {
  await using server = await socketServer({ upgrades: [silence, accept()] });
  using session = await socketSession(server.baseUrl, {
    transport: "ws",
    provider: { websocketConnectTimeoutMs: 1_000 },
  });
  const connecting = session.preconnect();
  await handshakeSeen(server);
  const { result, of } = await readTurn(session.turn(HELLO));
  await connecting;
  assertEquals([result.status, of("culvert.retry").length, server.handshakes.length], ["completed", 0, 2]);
});

Deno.test("a preparation that is requested again resolves when the first has ended, and is made once", async () => {
  await using server = await socketServer({ upgrades: [accept({}, 150)] });
  using session = await socketSession(server.baseUrl, { world: worldWith() });
  let hasEnded = false;
  const first = session.prewarm(HELLO).then(() => hasEnded = true);
  for (const again of [session.prewarm(HELLO), session.preconnect()]) {
    await again;
    assertEquals(hasEnded, true);
  }
  await first;
  assertEquals([server.handshakes.length, server.frames.length], [1, 1]);
});

Deno.test("an aborted turn does not wait for a preconnect, which ends when the session is closed", async () => {
  await using server = await socketServer({ upgrades: [silence] });
  using session = await socketSession(server.baseUrl, { transport: "ws", world: worldWith() });
  const connecting = session.preconnect();
  await handshakeSeen(server);
  // Either wait would otherwise last 15 s.
  const limit = AbortSignal.timeout(5_000);
  const turn = session.turn(HELLO, { signal: AbortSignal.timeout(50) });
  const { result } = await raceAbort(readTurn(turn), limit);
  assertEquals(result.error?.code, "timeout");
  session.close();
  await raceAbort(connecting, limit);
});

Deno.test("a preconnect refused with 426 falls back silently, and the first turn is one POST", async () => {
  await using server = await socketServer({ upgrades: [refuse(426)] });
  using session = await socketSession(server.baseUrl);
  await session.preconnect();
  const { result, of } = await readTurn(session.turn(HELLO));
  assertEquals([result.status, result.transport, of("culvert.fallback")[0]?.quiet], [
    "completed",
    "sse",
    true,
  ]);
  assertEquals([server.handshakes.length, server.posts.length], [1, 1]);
});

Deno.test("a preconnect answered with 401 is not reported: the turn receives its own 401 and recovers", async () => {
  const authenticator = tokens("chatgpt", "old", "new");
  await using server = await socketServer({ upgrades: [refuse(401), refuse(401), accept()] });
  using session = await socketSession(server.baseUrl, { authenticator });
  await session.preconnect();
  assertEquals(authenticator.rejections.length, 0);
  const { result, of } = await readTurn(session.turn(HELLO));
  assertEquals([result.status, result.transport, of("culvert.auth").length], ["completed", "websocket", 1]);
});

Deno.test("a preconnected socket that is cut before its request costs no retry and no fallback", async () => {
  await using server = await socketServer();
  using session = await socketSession(server.baseUrl);
  await session.preconnect();
  server.sockets[0]?.drop();
  await server.closed[0];
  const { result, of } = await readTurn(session.turn(HELLO));
  assertEquals([result.status, result.transport], ["completed", "websocket"]);
  assertEquals([of("culvert.retry").length, of("culvert.fallback").length, server.handshakes.length], [
    0,
    0,
    2,
  ]);
});

Deno.test("a prewarm request after a preconnect uses its connection", async () => {
  await using server = await socketServer();
  using session = await socketSession(server.baseUrl);
  await Promise.all([session.preconnect(), session.prewarm(HELLO)]);
  await readTurn(session.turn(HELLO));
  assertEquals([server.handshakes.length, server.frames.map(({ json }) => json.generate)], [1, [
    false,
    undefined,
  ]]);
});

Deno.test("a preconnect while a connection is kept opens no second one", async () => {
  await using server = await socketServer();
  using session = await socketSession(server.baseUrl);
  await readTurn(session.turn(HELLO));
  await session.preconnect();
  await readTurn(session.turn(HELLO));
  assertEquals(server.handshakes.length, 1);
});

Deno.test("an older server's state on the upgrade of a preconnect belongs only to the first turn", async () => {
  await using server = await socketServer({
    upgrades: [accept({ "x-codex-turn-state": "ts-0" })],
    replies: [says(COMPLETE)],
  });
  using session = await socketSession(server.baseUrl);
  await session.preconnect();
  await readTurn(session.turn(HELLO));
  await readTurn(session.turn(HELLO));
  assertEquals(server.frames.map(({ json }) => JSON.stringify(json.client_metadata).includes("ts-0")), [
    true,
    false,
  ]);
});

Deno.test("with the SSE transport a preconnect does nothing, and after an upgrade that is cut the turn uses SSE", async () => {
  await using server = await socketServer({ upgrades: [cut] });
  using overHttp = await socketSession(server.baseUrl, { transport: "sse" });
  await overHttp.preconnect();
  assertEquals(server.handshakes.length, 0);
  using session = await socketSession(server.baseUrl);
  await session.preconnect();
  assertEquals((await readTurn(session.turn(HELLO))).result.transport, "sse");
  assertEquals([server.handshakes.length, server.posts.length], [1, 1]);
});

Deno.test("closing a session drops a preconnected socket, and cancels a preconnect that is under way", async () => {
  await using server = await socketServer({ upgrades: [accept(), silence] });
  const first = await socketSession(server.baseUrl);
  await first.preconnect();
  first[Symbol.dispose]();
  await server.closed[0];
  const second = await socketSession(server.baseUrl);
  const connecting = second.preconnect();
  second.close();
  await connecting;
  second[Symbol.dispose]();
});

Deno.test("a reader that leaves while a prewarm request is pending leaves no request open", async () => {
  await using server = await socketServer({ replies: [says(COMPLETE), () => {}] });
  using session = await socketSession(server.baseUrl, CODEX);
  await session.prewarm(HELLO);
  for await (const event of session.turn(HELLO)) {
    assertEquals(event.type, "culvert.prewarm");
    break;
  }
  const tooLate = new Promise((resolve) => AbortSignal.timeout(5_000).addEventListener("abort", resolve));
  assertEquals(await Promise.race([Promise.all(server.closed).then(() => "closed"), tooLate]), "closed");
  assertEquals(server.frames.length, 2);
});
