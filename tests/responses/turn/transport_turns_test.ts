/** The state between the requests of a turn and of a session, over TLS, with both transports. */
import type { ResponseEvent } from "../../../lib/responses/events/events.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { deafPort } from "../../net/kit.ts";
import { COMPLETED, CREATED, delta, failed, HELLO, ONCE, readTurn, tokens } from "../kit.ts";
import { readingOf } from "./reading.ts";
import {
  COMPLETE,
  refuse,
  runSocket,
  type SocketServer,
  socketServer,
  socketSession,
} from "../transport/websocket/websocket_kit.ts";
import {
  type Answer,
  NAME,
  scriptOf,
  statesSeen,
  type TransportChoice,
  TRANSPORTS,
} from "../transport/both_transports.ts";

const BROKEN: Answer = { events: [CREATED], ends: true };
const GOOD: Answer = { events: COMPLETE };

/** The answer with a sticky state, in the place that the transport defines. */
function withState(transport: TransportChoice, value: string, answer: Answer): Answer {
  const head = { "x-codex-turn-state": value };
  if (transport === "sse") return { ...answer, head };
  return { ...answer, events: [{ type: "response.metadata", headers: head }, ...answer.events] };
}

for (const transport of TRANSPORTS) {
  Deno.test(`${NAME[transport]} the sticky state is sent with the turn's next request and not in the next turn`, async () => {
    await using server = await socketServer(scriptOf(withState(transport, "ts-1", BROKEN), GOOD, GOOD));
    using session = await socketSession(server.baseUrl, { transport: transport });
    for (let turn = 0; turn < 2; turn++) await readTurn(session.turn(HELLO));
    assertEquals(statesSeen(transport, server), [null, "ts-1", null]);
  });

  Deno.test(`${NAME[transport]} a follow-up sends the turn's state over the same connection, and the next turn starts without it`, async () => {
    await using server = await socketServer(scriptOf(GOOD, withState(transport, "ts-1", GOOD), GOOD, GOOD));
    using session = await socketSession(server.baseUrl, { transport: transport });
    await readTurn(session.turn(HELLO));
    const asksForTool = session.turn(HELLO);
    await readTurn(asksForTool);
    await readTurn(session.turn(HELLO, { continues: asksForTool }));
    await readTurn(session.turn(HELLO));
    assertEquals(statesSeen(transport, server), [null, null, "ts-1", null]);
    assertEquals(server.handshakes.length, transport === "sse" ? 0 : 1);
  });

  Deno.test(`${NAME[transport]} a follow-up belongs to the same turn, and does not repeat the reroute warning`, async () => {
    await using server = await socketServer(scriptOf({ ...GOOD, head: { "openai-model": "gpt-5.2" } }));
    using session = await socketSession(server.baseUrl, { transport: transport });
    const asksForTool = session.turn(HELLO);
    const first = await readTurn(asksForTool);
    const second = await readTurn(session.turn(HELLO, { continues: asksForTool }));
    const third = await readTurn(session.turn(HELLO));
    assertEquals([first, second, third].map(({ of }) => of("culvert.reroute").length), [1, 0, 1]);
    assertEquals(second.result.model_served, "gpt-5.2");
    const bodies = transport === "sse" ? server.posts : server.frames.map(({ json }) => json);
    const [one, two, three] = bodies.map(({ client_metadata }) => Object(client_metadata).turn_id);
    assert(typeof one === "string" && one === two && one !== three);
  });

  Deno.test(`${NAME[transport]} the first state of a turn is kept, and later ones are ignored`, async () => {
    await using server = await socketServer(
      scriptOf(withState(transport, "ts-1", BROKEN), withState(transport, "ts-2", BROKEN), GOOD),
    );
    using session = await socketSession(server.baseUrl, { transport: transport });
    await readTurn(session.turn(HELLO));
    assertEquals(statesSeen(transport, server), [null, "ts-1", "ts-1"]);
  });

  Deno.test(`${NAME[transport]} a reroute causes an event and a warning that both name the two models`, async () => {
    const script = scriptOf({ ...GOOD, head: { "openai-model": "gpt-5.2" } });
    await using server = await socketServer(script);
    using session = await socketSession(server.baseUrl, { transport: transport });
    const { of, result } = await readTurn(session.turn({ ...HELLO, model: "gpt-5.3-codex" }));
    assertEquals(of("culvert.reroute"), [{
      type: "culvert.reroute",
      from_model: "gpt-5.3-codex",
      to_model: "gpt-5.2",
      reason: "high_risk_cyber_activity",
    }]);
    const [warning] = of("culvert.warning");
    for (const part of ["gpt-5.3-codex", "gpt-5.2", "https://chatgpt.com/cyber"]) {
      assertIncludes(warning?.message ?? "", part);
    }
    assertEquals([result.model_requested, result.model_served], ["gpt-5.3-codex", "gpt-5.2"]);
  });

  Deno.test(`${NAME[transport]} a head with the requested model does not suppress the warning for a later event`, async () => {
    const other = { type: "response.metadata", headers: { "openai-model": "gpt-other" } };
    const { of } = await runSocket(
      scriptOf({ head: { "openai-model": "gpt-test" }, events: [CREATED, other, COMPLETED] }),
      { transport: transport },
    );
    assertEquals([of("culvert.reroute").map(({ to_model }) => to_model), of("culvert.warning").length], [
      ["gpt-other"],
      1,
    ]);
  });

  Deno.test(`${NAME[transport]} a reroute of both requests of a turn is reported once`, async () => {
    const head = { "openai-model": "gpt-other" };
    const script = scriptOf({ ...BROKEN, head }, { ...GOOD, head });
    const { of, result } = await runSocket(script, { transport: transport });
    assertEquals([result.status, of("culvert.reroute").length, of("culvert.warning").length], [
      "completed",
      1,
      1,
    ]);
  });

  Deno.test(`${NAME[transport]} each turn of a session reports its own reroute`, async () => {
    await using server = await socketServer(scriptOf({ ...GOOD, head: { "openai-model": "gpt-other" } }));
    using session = await socketSession(server.baseUrl, { transport: transport });
    for (let turn = 0; turn < 2; turn++) {
      assertEquals((await readTurn(session.turn(HELLO))).of("culvert.reroute").length, 1);
    }
  });

  Deno.test(`${NAME[transport]} a model that differs only in letter case is not a reroute`, async () => {
    const { of, result } = await runSocket(scriptOf({ ...GOOD, head: { "openai-model": "GPT-TEST" } }), {
      transport: transport,
    });
    assertEquals([of("culvert.reroute").length, of("culvert.warning").length, result.model_served], [
      0,
      0,
      "GPT-TEST",
    ]);
  });

  Deno.test(`${NAME[transport]} a verification notice in both responses of a turn is reported once, without a warning`, async () => {
    const advice = {
      type: "response.metadata",
      metadata: { openai_verification_recommendation: ["trusted_access_for_cyber"] },
    };
    const { of } = await runSocket(
      scriptOf({ events: [CREATED, advice], ends: true }, { events: [CREATED, advice, COMPLETED] }),
      { transport: transport },
    );
    assertEquals([of("culvert.model_verifications").length, of("culvert.warning").length], [1, 0]);
  });

  Deno.test(`${NAME[transport]} a stream that closes early is requested once more, and the turn completes`, async () => {
    const answers = [{ events: [CREATED, delta("Hal")], ends: true }, GOOD];
    const { of, result, server } = await runSocket(scriptOf(...answers), { transport: transport });
    assertEquals([result.status, server.frames.length + server.posts.length], ["completed", 2]);
    assertEquals(of("culvert.retry").map(({ level, attempt }) => [level, attempt]), [["stream", 1]]);
  });

  Deno.test(`${NAME[transport]} an unreachable server, an early close and an answer make two retries and a success`, async () => {
    const port = deafPort();
    let server: SocketServer | undefined;
    const events: ResponseEvent[] = [];
    using session = await socketSession(`https://localhost:${port}/v1`, { transport: transport });
    try {
      for await (const event of session.turn(HELLO)) {
        events.push(event);
        if (event.type === "culvert.retry") {
          server ??= await socketServer({ ...scriptOf(BROKEN, GOOD), port });
        }
      }
    } finally {
      await server?.[Symbol.asyncDispose]();
    }
    const { of, result } = readingOf(events);
    assertEquals([result.status, of("culvert.retry").map(({ level, attempt }) => [level, attempt])], [
      "completed",
      [["request", 1], ["stream", 1]],
    ]);
  });

  Deno.test(`${NAME[transport]} the next turn of a session works after a turn that failed`, async () => {
    const refused = failed({ code: "invalid_prompt", message: "no" });
    await using server = await socketServer(scriptOf({ events: [CREATED, refused] }, GOOD));
    using session = await socketSession(server.baseUrl, { transport: transport });
    const first = await readTurn(session.turn(HELLO));
    assertEquals([first.result.error?.code, first.of("culvert.retry").length], ["invalid_request", 0]);
    assertEquals((await readTurn(session.turn(HELLO))).result.status, "completed");
  });
}

Deno.test("websocket: a credential of the provider is sent as bearer token, without a routing hint", async () => {
  const own = tokens("apikey", "own-token");
  const authenticator = {
    ...own,
    authorize: async (signal?: AbortSignal) => ({
      ...await own.authorize(signal),
      mode: "chatgpt" as const,
      source: { kind: "provider_token" as const, name: "experimental_bearer_token" },
    }),
  };
  const { server: { handshakes: [headers] } } = await runSocket({}, {
    authenticator,
    provider: { name: "OpenAI", requiresOpenAiAuth: true },
  });
  assertEquals([headers?.get("authorization"), headers?.get("x-codex-routing-hint")], [
    "Bearer own-token",
    null,
  ]);
});

Deno.test("websocket: a request to OpenAI with a login identifies the client in its upgrade, and sends route and time in its frame", async () => {
  const identity = { originator: "culvert", sessionId: "s-1", threadId: "t-1", installationId: "i-1" };
  const { server } = await runSocket({}, {
    authenticator: tokens("chatgpt", "tok"),
    provider: { name: "OpenAI", requiresOpenAiAuth: true },
    identity,
  });
  const [headers] = server.handshakes;
  const names = ["session-id", "thread-id", "x-client-request-id", "x-codex-routing-hint", "openai-beta"];
  assertEquals(names.map((name) => headers?.get(name)), [
    "s-1",
    "t-1",
    "t-1",
    "model=gpt-test",
    "responses_websockets=2026-02-06",
  ]);
  assertIncludes(headers?.get("user-agent") ?? "", "culvert");
  const metadata = Object.fromEntries(Object.entries(server.frames[0]?.json.client_metadata ?? {}));
  assertEquals(metadata["x-codex-installation-id"], "i-1");
  assert(Math.abs(Date.now() - Number(metadata["x-codex-ws-stream-request-start-ms"])) < 60_000);
});

Deno.test("auto: a failed upgrade costs one attempt even with retries left, and two turns make one upgrade and two POSTs", async () => {
  await using server = await socketServer({ upgrades: [refuse(500)] });
  using session = await socketSession(server.baseUrl, { provider: { streamMaxRetries: 2 } });
  const [first, second] = [await readTurn(session.turn(HELLO)), await readTurn(session.turn(HELLO))];
  assertEquals([server.handshakes.length, server.posts.length], [1, 2]);
  // The notice of the fallback comes before that of a retry.
  assertEquals([first, second].map(({ of }) => [of("culvert.fallback").length, of("culvert.retry").length]), [
    [1, 0],
    [0, 0],
  ]);
});

Deno.test("auto: after a failed prewarm request the first turn makes no second upgrade", async () => {
  await using server = await socketServer({ upgrades: [refuse(500)] });
  using session = await socketSession(server.baseUrl, { provider: ONCE });
  await session.prewarm(HELLO);
  const { of, result } = await readTurn(session.turn(HELLO));
  assertEquals([result.status, result.transport, of("culvert.fallback").length], ["completed", "sse", 1]);
  assertEquals([server.handshakes.length, server.posts.length], [1, 1]);
});
