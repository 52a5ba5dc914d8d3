import { userMessage } from "../../../../lib/responses/events/items.ts";
import type { TurnRequest } from "../../../../lib/responses/request/request.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { worldWith } from "../../../net/kit.ts";
import { HELLO, readTurn, tokens } from "../../kit.ts";
import {
  accept,
  handshakeSeen,
  message,
  refuse,
  respondedWith,
  says,
  silence,
  socketServer,
  socketSession,
} from "./websocket_kit.ts";

const FIRST = userMessage("one");
const ANSWER = message("1", "a");
const SECOND = userMessage("two");
const SETTINGS: TurnRequest = {
  model: "gpt-test",
  instructions: "Be brief.",
  serviceTier: "fast",
  input: [FIRST],
};

interface Row {
  readonly name: string;
  /** The changes in the second request; by default its input continues the first one. */
  readonly second: Partial<TurnRequest>;
  /** Input of the second frame if it continues, else `undefined`: the frame is complete. */
  readonly sends: readonly unknown[] | undefined;
}

const ROWS: readonly Row[] = [
  { name: "history, answer and a new item: only the new item is sent", second: {}, sends: [SECOND] },
  {
    name: "no new item: an empty input is sent with the previous response id",
    second: { input: [FIRST, ANSWER] },
    sends: [],
  },
  {
    name: "items that differ only in private metadata continue the response",
    second: {
      input: [{ ...FIRST, internal_chat_message_metadata_passthrough: { turn_id: "t" } }, ANSWER, SECOND],
    },
    sends: [SECOND],
  },
  {
    name: "items with another order of keys continue the response",
    second: { input: [{ content: FIRST.content, role: "user", type: "message" }, ANSWER, SECOND] },
    sends: [SECOND],
  },
  { name: "client metadata is not compared", second: { clientMetadata: { a: "b" } }, sends: [SECOND] },
  {
    name: "an input that does not continue the history is sent completely",
    second: { input: [SECOND] },
    sends: undefined,
  },
  {
    name: "an input without the answer is sent completely",
    second: { input: [FIRST, SECOND] },
    sends: undefined,
  },
  {
    name: "another item id counts as another item",
    second: { input: [FIRST, { ...ANSWER, id: "msg_z" }, SECOND] },
    sends: undefined,
  },
  { name: "other instructions", second: { instructions: "Be long." }, sends: undefined },
  { name: "another model", second: { model: "gpt-other" }, sends: undefined },
  { name: "other tools", second: { tools: [{ type: "web_search" }] }, sends: undefined },
  { name: "another effort", second: { reasoningEffort: "high" }, sends: undefined },
  { name: "another tier", second: { serviceTier: "flex" }, sends: undefined },
  { name: "the same tier by its transport name", second: { serviceTier: "priority" }, sends: [SECOND] },
  { name: "another schema", second: { outputSchema: { type: "object" } }, sends: undefined },
];

for (const { name, second, sends } of ROWS) {
  Deno.test(`websocket, the second request of a connection: ${name}`, async () => {
    await using server = await socketServer({
      replies: [says(respondedWith("a", "1")), says(respondedWith("b", "2"))],
    });
    using session = await socketSession(server.baseUrl);
    await readTurn(session.turn(SETTINGS));
    const request = { ...SETTINGS, input: [FIRST, ANSWER, SECOND], ...second };
    await readTurn(session.turn(request));
    const frame = server.frames[1]?.json;
    assertEquals(server.handshakes.length, 1);
    assertEquals(frame?.previous_response_id, sends === undefined ? undefined : "a");
    if (sends !== undefined) assertEquals(frame?.input, sends);
    else assert(Array.isArray(frame?.input) && frame.input.length === request.input.length);
  });
}

Deno.test("websocket: a request that names a previous response is never shortened", async () => {
  await using server = await socketServer({ replies: [says(respondedWith("a", "1"))] });
  using session = await socketSession(server.baseUrl);
  await readTurn(session.turn(SETTINGS));
  await readTurn(
    session.turn({ ...SETTINGS, input: [FIRST, ANSWER, SECOND], previousResponseId: "resp_mine" }),
  );
  const frame = server.frames[1]?.json;
  assertEquals([frame?.previous_response_id, Array.isArray(frame?.input) && frame.input.length], [
    "resp_mine",
    3,
  ]);
});

Deno.test("websocket: a new connection does not continue an earlier response", async () => {
  await using server = await socketServer({ replies: [says(respondedWith("a", "1"))] });
  using session = await socketSession(server.baseUrl);
  await readTurn(session.turn(SETTINGS));
  server.sockets[0]?.close(1000, "");
  await server.closed[0];
  await readTurn(session.turn({ ...SETTINGS, input: [FIRST, ANSWER, SECOND] }));
  assertEquals(server.frames[1]?.json.previous_response_id, undefined);
});

const WARM = [{ type: "response.created", response: { id: "warm-1" } }, {
  type: "response.completed",
  response: { id: "warm-1" },
}];

Deno.test("prewarm sends the settings without input, and the first turn then sends only its input", async () => {
  await using server = await socketServer({ replies: [says(WARM), says(respondedWith("a", "1"))] });
  using session = await socketSession(server.baseUrl);
  await session.prewarm(SETTINGS);
  const { of, types } = await readTurn(session.turn(SETTINGS));
  const [warm, first] = server.frames.map(({ json }) => json);
  assertEquals([warm?.generate, warm?.input, first?.generate], [false, [], undefined]);
  assertEquals([first?.previous_response_id, first?.input], ["warm-1", [FIRST]]);
  assertEquals(server.handshakes.length, 1);
  assertEquals(JSON.parse(server.handshakes[0]?.get("x-codex-turn-metadata") ?? "").request_kind, "prewarm");
  assertEquals(types.slice(0, 2), ["culvert.prewarm", "culvert.connected"]);
  assertEquals(of("culvert.prewarm")[0]?.response_id, "warm-1");
});

Deno.test("prewarm with a login at OpenAI sends model and tier in the routing hint", async () => {
  await using server = await socketServer({ replies: [says(WARM)] });
  using session = await socketSession(server.baseUrl, {
    authenticator: tokens("chatgpt", "tok"),
    provider: { name: "OpenAI", requiresOpenAiAuth: true },
  });
  await session.prewarm(SETTINGS);
  assertEquals(server.handshakes[0]?.get("x-codex-routing-hint"), "model=gpt-test;tier=priority");
});

for (const tier of [undefined, "flex"]) {
  Deno.test(`a turn whose tier became ${tier} after the prewarm request is sent completely over the same socket`, async () => {
    await using server = await socketServer({ replies: [says(WARM), says(respondedWith("a", "1"))] });
    using session = await socketSession(server.baseUrl);
    await session.prewarm(SETTINGS);
    const { serviceTier: _, ...rest } = SETTINGS;
    await readTurn(session.turn(tier === undefined ? rest : { ...rest, serviceTier: tier }));
    assertEquals([server.handshakes.length, server.frames[1]?.json.previous_response_id], [1, undefined]);
  });
}

Deno.test("a turn waits for a prewarm request with a slow handshake, and uses it", async () => {
  await using server = await socketServer({
    upgrades: [accept({}, 150)],
    replies: [says(WARM), says(respondedWith("a", "1"))],
  });
  using session = await socketSession(server.baseUrl, { world: worldWith() });
  const warming = session.prewarm(SETTINGS);
  await readTurn(session.turn(SETTINGS));
  await warming;
  assertEquals([server.handshakes.length, server.frames[1]?.json.previous_response_id], [1, "warm-1"]);
});

Deno.test("a prewarm request without an answer is abandoned, and the turn opens a new connection", async () => {
  await using server = await socketServer({ upgrades: [silence, accept()] });
  using session = await socketSession(server.baseUrl, {
    transport: "ws",
    provider: { websocketConnectTimeoutMs: 1_000 },
  });
  const warming = session.prewarm(SETTINGS);
  await handshakeSeen(server);
  const { result, of } = await readTurn(session.turn(SETTINGS));
  await warming;
  assertEquals([result.status, of("culvert.retry").length, server.handshakes.length], ["completed", 0, 2]);
});

Deno.test("the sticky state from the prewarm request belongs to the first turn", async () => {
  const state = { type: "response.metadata", headers: { "x-codex-turn-state": "ts-w" } };
  await using server = await socketServer({
    replies: [says([state, ...WARM]), says(respondedWith("a", "1"))],
  });
  using session = await socketSession(server.baseUrl);
  await session.prewarm(SETTINGS);
  await readTurn(session.turn(SETTINGS));
  await readTurn(session.turn(SETTINGS));
  const states = server.frames.map(({ json }) => JSON.stringify(json.client_metadata).includes("ts-w"));
  assertEquals(states, [false, true, false]);
});

Deno.test("a prewarm request refused with 426 falls back silently, and the first turn is one POST", async () => {
  await using server = await socketServer({ upgrades: [refuse(426)] });
  using session = await socketSession(server.baseUrl);
  await session.prewarm(HELLO);
  const { result, of } = await readTurn(session.turn(HELLO));
  assertEquals([result.status, result.transport], ["completed", "sse"]);
  assertEquals([server.handshakes.length, server.posts.length, of("culvert.fallback")[0]?.quiet], [
    1,
    1,
    true,
  ]);
});

Deno.test("a failed prewarm request does not fail the turn", async () => {
  const failure = { type: "response.failed", response: { id: "r", error: { code: "invalid_prompt" } } };
  await using server = await socketServer({ replies: [says([failure]), says(respondedWith("a", "1"))] });
  using session = await socketSession(server.baseUrl);
  await session.prewarm(SETTINGS);
  const { result, of } = await readTurn(session.turn(SETTINGS));
  assertEquals([result.status, result.transport, of("culvert.prewarm").length], [
    "completed",
    "websocket",
    0,
  ]);
});

Deno.test("with the SSE transport a prewarm request does nothing", async () => {
  await using server = await socketServer();
  using session = await socketSession(server.baseUrl, { transport: "sse" });
  await session.prewarm(SETTINGS);
  assertEquals([server.handshakes.length, server.posts.length], [0, 0]);
});
