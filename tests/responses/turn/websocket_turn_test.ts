import { AuthEvidence } from "../../../lib/observe/evidence/feedback_tags.ts";
import { externalAuthenticator } from "../../../lib/auth/external/external_authenticator.ts";
import { userMessage } from "../../../lib/responses/events/items.ts";
import { assert, assertEquals, assertIncludes, assertMatch } from "../../support/assert.ts";
import { testProvider, testWorld } from "../../auth/kit.ts";
import { HELLO, ONCE, readTurn, tokens } from "../kit.ts";
import {
  accept,
  COMPLETE,
  message,
  refuse,
  type Reply,
  respondedWith,
  runSocket,
  says,
  socketServer,
  socketSession,
} from "../transport/websocket/websocket_kit.ts";

const errorFrame = (status: number | undefined, error: object, headers?: object): Reply =>
  says([{ type: "error", ...(status === undefined ? {} : { status }), error, headers }]);

Deno.test("websocket: the frame is the HTTP body with a type and its own metadata", async () => {
  await using server = await socketServer();
  using overSocket = await socketSession(server.baseUrl);
  using overHttp = await socketSession(server.baseUrl, { transport: "sse" });
  await readTurn(overSocket.turn(HELLO));
  await readTurn(overHttp.turn(HELLO));
  const { type, client_metadata: extra, prompt_cache_key: key, ...frame } = server.frames[0]?.json ?? {};
  const { client_metadata: metadata, prompt_cache_key, ...body } = server.posts[0] ?? {};
  assertEquals(type, "response.create");
  assertEquals(frame, body);
  assert(key !== undefined && prompt_cache_key !== undefined);
  const names = (object: unknown) => Object.keys(object ?? {});
  assertEquals(names(extra), [...names(metadata), "x-codex-ws-stream-request-start-ms"]);
});

Deno.test("websocket: the upgrade offers compression, and sends the protocol version, the credential and the ids", async () => {
  const { server, result } = await runSocket({});
  const [headers] = server.handshakes;
  assertEquals([result.status, result.transport], ["completed", "websocket"]);
  assertIncludes(headers?.get("sec-websocket-extensions") ?? "", "permessage-deflate");
  assertEquals(headers?.get("openai-beta"), "responses_websockets=2026-02-06");
  assertEquals(headers?.get("authorization"), "Bearer sk-test");
  assertEquals(headers?.get("originator"), "culvert");
  assertMatch(headers?.get("user-agent") ?? "", /^culvert/);
  const thread = headers?.get("thread-id") ?? "";
  assertEquals([headers?.get("x-client-request-id"), headers?.get("x-codex-window-id")], [
    thread,
    `${thread}:0`,
  ]);
  assertEquals(headers?.get("x-codex-turn-state"), null);
  const metadata = server.frames[0]?.json.client_metadata;
  assert(
    typeof metadata === "object" && metadata !== null && "x-codex-ws-stream-request-start-ms" in metadata,
  );
  assertMatch(String(metadata["x-codex-ws-stream-request-start-ms"]), /^\d{13}$/);
});

Deno.test("websocket: the headers of call and credential override provider headers, which override defaults", async () => {
  const { server } = await runSocket({}, {
    provider: {
      headers: { "openai-beta": "x", originator: "theirs", Authorization: "Bearer static", "x-team": "a" },
    },
  });
  const get = (name: string) => server.handshakes[0]?.get(name);
  assertEquals([get("openai-beta"), get("originator"), get("authorization"), get("x-team")], [
    "responses_websockets=2026-02-06",
    "theirs",
    "Bearer sk-test",
    "a",
  ]);
});

for (
  const [mode, hint] of [["chatgpt", "model=gpt-test"], ["headers", "model=gpt-test"], [
    "apikey",
    null,
  ]] as const
) {
  Deno.test(`websocket: a credential of kind ${mode} at OpenAI sends the routing hint ${hint}`, async () => {
    const { server } = await runSocket({}, {
      authenticator: tokens(mode, "tok"),
      provider: { name: "OpenAI", requiresOpenAiAuth: true },
    });
    assertEquals(server.handshakes[0]?.get("x-codex-routing-hint"), hint);
  });
}

Deno.test("websocket: ids that the server did not assign are omitted from the frame", async () => {
  await using server = await socketServer();
  using session = await socketSession(server.baseUrl);
  const input = ["0b2f6f0e-8a4e-4c3e-9d0a-000000000000", "", "msg_existing"].map((id) => ({
    ...userMessage("x"),
    id,
  }));
  await readTurn(session.turn({ ...HELLO, input }));
  const sent = server.frames[0]?.json.input;
  assertEquals(Array.isArray(sent) && sent.map(({ id }) => id), [undefined, undefined, "msg_existing"]);
});

Deno.test("websocket: two turns share one connection, and the second reports the reuse", async () => {
  await using server = await socketServer();
  using session = await socketSession(server.baseUrl);
  const first = await readTurn(session.turn(HELLO));
  const second = await readTurn(session.turn(HELLO));
  assertEquals([server.handshakes.length, server.frames.length], [1, 2]);
  const reused = [first, second].map((reading) => reading.of("culvert.connected")[0]?.reused);
  assertEquals(reused, [false, true]);
});

Deno.test("websocket: the facts of the upgrade are reported at the start of every response, the ETag of the models once", async () => {
  await using server = await socketServer({
    upgrades: [accept({ "openai-model": "gpt-test", "x-models-etag": '"e"', "x-reasoning-included": "1" })],
  });
  using session = await socketSession(server.baseUrl);
  const head = async () => {
    const { types } = await readTurn(session.turn(HELLO));
    return types.slice(0, types.indexOf("response.created"));
  };
  const [first, second] = [await head(), await head()];
  assertEquals(first, [
    "culvert.connected",
    "culvert.server_model",
    "culvert.models_etag",
    "culvert.reasoning_included",
  ]);
  assertEquals(second, first.filter((type) => type !== "culvert.models_etag"));
});

Deno.test("websocket: pushed rate limits become a snapshot, those of the upgrade are ignored", async () => {
  const pushed = {
    type: "codex.rate_limits",
    plan_type: "plus",
    rate_limits: { primary: { used_percent: 42, window_minutes: 60, reset_at: 1_700_000_000 } },
    credits: { has_credits: true, unlimited: false, balance: "123" },
  };
  const { result } = await runSocket({
    upgrades: [accept({ "x-codex-primary-used-percent": "99" })],
    replies: [says([pushed, ...COMPLETE])],
  });
  const [snapshot] = result.rate_limits;
  assertEquals(snapshot?.primary, { used_percent: 42, window_minutes: 60, resets_at: 1_700_000_000 });
  assertEquals([snapshot?.plan_type, snapshot?.credits?.balance, result.rate_limits.length], [
    "plus",
    "123",
    1,
  ]);
});

Deno.test("websocket: an error frame with a usage limit ends the turn, and its numeric headers are read", async () => {
  const { result } = await runSocket({
    replies: [
      errorFrame(429, { type: "usage_limit_reached", plan_type: "pro", resets_at: 1_700_000_000 }, {
        "x-codex-primary-used-percent": 100,
        "x-codex-primary-window-minutes": "300",
      }),
    ],
  });
  assertEquals([result.error?.code, result.exit_code], ["usage_limit", 6]);
  assertEquals(result.rate_limits[0]?.primary?.used_percent, 100);
});

Deno.test("websocket: an error frame of status 400 is reported with its message", async () => {
  const { result, server } = await runSocket({
    replies: [errorFrame(400, { message: "image unsupported" })],
  });
  assertEquals([result.error?.code, server.frames.length], ["invalid_request", 1]);
  assertIncludes(result.error?.message ?? "", "image unsupported");
});

Deno.test("websocket: an error frame without a status does not end the turn", async () => {
  const events = [{ type: "error", error: { type: "usage_limit_reached" } }, ...COMPLETE];
  assertEquals((await runSocket({ replies: [says(events)] })).result.status, "completed");
});

for (const code of ["websocket_connection_limit_reached", "previous_response_not_found"]) {
  Deno.test(`websocket: ${code} reconnects, sends the complete request and completes`, async () => {
    const { result, server } = await runSocket({
      replies: [errorFrame(400, { code, message: "x" }), says(COMPLETE)],
    });
    assertEquals([result.status, server.handshakes.length], ["completed", 2]);
    assertEquals(server.frames[1]?.json.previous_response_id, undefined);
  });
}

Deno.test("websocket: a 401 in a frame starts a recovery, and the request is sent again on a new connection", async () => {
  const authenticator = tokens("chatgpt", "old", "new");
  const { result, server, of } = await runSocket(
    { replies: [errorFrame(401, { message: "expired" }, { "x-request-id": "req_1" }), says(COMPLETE)] },
    { authenticator, provider: ONCE },
  );
  assertEquals(result.status, "completed");
  assertEquals(server.handshakes.map((headers) => headers.get("authorization")), [
    "Bearer old",
    "Bearer new",
  ]);
  assertEquals(of("culvert.auth").length, 1);
  const [rejection] = authenticator.rejections;
  assertEquals([rejection?.transport, rejection?.evidence.requestId, rejection?.message], [
    "websocket",
    "req_1",
    "expired",
  ]);
});

Deno.test("websocket: an upgrade answered with 401 also starts a recovery", async () => {
  const { result, server } = await runSocket({ upgrades: [refuse(401, "no"), accept()] }, {
    authenticator: tokens("chatgpt", "old", "new"),
    provider: ONCE,
  });
  assertEquals([result.status, result.transport, server.posts.length], ["completed", "websocket", 0]);
});

Deno.test("websocket: an upgrade refused with the four headers of evidence sets all four auth_401 tags, and its retry sets its own", async () => {
  const token = (accessToken: string) => ({ kind: "tokens", accessToken } as const);
  const store = new AuthEvidence({
    env: () => undefined,
    provider: testProvider(),
    now: () => 0,
    facts: () => undefined,
  });
  const headers = {
    "x-request-id": "req_9",
    "cf-ray": "ray_9",
    "x-openai-authorization-error": "expired",
    "x-error-json": btoa('{"error":{"code":"token_expired"}}'),
  };
  const { result } = await runSocket({ upgrades: [refuse(401, "no", headers), accept()] }, {
    provider: ONCE,
    observer: store.observer,
    authenticator: externalAuthenticator({
      auth: { resolve: () => token("old"), refresh: () => token("new") },
      world: testWorld(),
      observer: store.observer,
    }),
  });
  assertEquals(result.status, "completed");
  const tags = store.tags();
  const names = ["request_id", "cf_ray", "error", "error_code"];
  assertEquals(names.map((name) => tags[`auth_401_${name}`]), ["req_9", "ray_9", "expired", "token_expired"]);
  assertEquals(names.map((name) => tags[`auth_${name}`]).includes("req_9"), false);
  assertEquals([tags["auth_401_transport"], tags["auth_recovery_followup_success"]], ["websocket", "true"]);
});

Deno.test("websocket: a final 401 on the upgrade fails with all of its evidence", async () => {
  const headers = {
    "x-request-id": "req_9",
    "cf-ray": "ray_9",
    "x-openai-authorization-error": "expired",
    "x-error-json": btoa('{"error":{"code":"token_expired"}}'),
  };
  const body = '{"error":{"message":"Your token has expired"}}';
  const { result } = await runSocket({ upgrades: [refuse(401, body, headers)] });
  assertEquals([result.error?.code, result.exit_code, result.request_id], ["auth_rejected", 4, "req_9"]);
  assertEquals(result.error?.details, {
    requestId: "req_9",
    cfRay: "ray_9",
    authError: "expired",
    authErrorCode: "token_expired",
  });
  assertIncludes(result.error?.message ?? "", "Your token has expired");
});

Deno.test("websocket: a failed response is delivered immediately although the server delays the close, and the next turn reconnects", async () => {
  await using server = await socketServer({
    replies: [
      async (socket) => {
        const failure = { code: "invalid_prompt", message: "no" };
        await says([{ type: "response.failed", response: { id: "r", error: failure } }])(socket, {});
        socket.stall();
      },
      says(COMPLETE),
    ],
  });
  using session = await socketSession(server.baseUrl);
  let failedAt = 0;
  let endedAt = 0;
  for await (const event of session.turn(HELLO)) {
    if (event.type === "response.failed") failedAt = performance.now();
    if (event.type === "culvert.result") {
      endedAt = performance.now();
      assertEquals(event.error?.code, "invalid_request");
    }
  }
  assert(endedAt - failedAt < 50, `${endedAt - failedAt} ms between the failure and the result`);
  assertEquals((await readTurn(session.turn(HELLO))).result.status, "completed");
  assertEquals([server.handshakes.length, server.frames[1]?.json.previous_response_id], [2, undefined]);
});

Deno.test("websocket: the sticky state of the metadata is sent in the turn's later frames and in no other turn", async () => {
  const state = (value: string) => ({
    type: "response.metadata",
    headers: { "X-Codex-Turn-State": [value] },
  });
  const [created = {}] = COMPLETE;
  await using server = await socketServer({
    replies: [
      says(COMPLETE),
      says([created, state("ts-1"), failedRetryable]),
      says([state("ts-2"), ...COMPLETE]),
    ],
  });
  using session = await socketSession(server.baseUrl);
  for (let turn = 0; turn < 3; turn++) await readTurn(session.turn(HELLO));
  const sent = server.frames.map(({ json: { client_metadata: metadata } }) =>
    typeof metadata === "object" && metadata !== null && "x-codex-turn-state" in metadata
      ? metadata["x-codex-turn-state"]
      : null
  );
  assertEquals(sent, [null, null, "ts-1", null]);
});

const failedRetryable = {
  type: "response.failed",
  response: { id: "r", error: { code: "server_error", message: "x" } },
};

Deno.test("websocket: an older server's state on the upgrade belongs only to the turn that opened it", async () => {
  await using server = await socketServer({
    upgrades: [accept({ "x-codex-turn-state": "ts-0" })],
    replies: [says(COMPLETE), says([...COMPLETE.slice(0, 1), failedRetryable]), says(COMPLETE)],
  });
  using session = await socketSession(server.baseUrl);
  await readTurn(session.turn(HELLO));
  await readTurn(session.turn(HELLO));
  const states = server.frames.map(({ json }) => JSON.stringify(json.client_metadata).includes("ts-0"));
  // The last frame is a retry over a new connection, after its turn began without a state.
  assertEquals(states, [false, false, false]);
});

Deno.test("websocket: a reroute in mid-stream is reported once, with one warning", async () => {
  const model = (name: string) => ({ type: "response.metadata", headers: { "openai-model": name } });
  const [created = {}, completed = {}] = COMPLETE;
  const { of } = await runSocket({
    upgrades: [accept({ "openai-model": "GPT-TEST" })],
    replies: [says([created, model("gpt-a"), model("gpt-a"), model("gpt-b"), completed])],
  });
  assertEquals(of("culvert.server_model").map((event) => event.model), ["GPT-TEST", "gpt-a", "gpt-b"]);
  assertEquals([of("culvert.reroute").length, of("culvert.warning").length], [1, 1]);
});

Deno.test("websocket: the lite marker is in the metadata of lite requests only", async () => {
  await using server = await socketServer();
  using session = await socketSession(server.baseUrl);
  for (const lite of [false, true, false]) {
    await readTurn(
      session.turn({ ...HELLO, lite, instructions: "Be brief.", tools: [{ type: "web_search" }] }),
    );
  }
  const marker = "ws_request_header_x_openai_internal_codex_responses_lite";
  assertEquals(server.frames.map(({ json }) => JSON.stringify(json.client_metadata).includes(marker)), [
    false,
    true,
    false,
  ]);
  const lite = server.frames[1]?.json;
  assertEquals([lite?.tools, lite?.instructions, lite?.reasoning], [undefined, undefined, {
    context: "all_turns",
  }]);
  assert(Array.isArray(lite?.input));
  assertEquals(lite.input[0]?.type, "additional_tools");
});

Deno.test("the same conversation over both transports gives the same events and the same result", async () => {
  const events: readonly object[] = respondedWith(
    "resp_1",
    "Hello",
    {
      type: "response.metadata",
      metadata: { openai_verification_recommendation: ["trusted_access_for_cyber"] },
    },
    { type: "codex.rate_limits", rate_limits: { primary: { used_percent: 5 } } },
    {
      type: "response.output_item.added",
      item: message("", "resp_1"),
      headers: { "openai-model": "gpt-other" },
    },
    { type: "response.brand_new", value: 1 },
  );
  await using server = await socketServer({
    replies: [says(events)],
    posts: [() =>
      new Response(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""), {
        headers: { "content-type": "text/event-stream" },
      })],
  });
  const read = async (transport: "ws" | "sse") => {
    using session = await socketSession(server.baseUrl, { transport });
    const { events: told, result } = await readTurn(session.turn(HELLO));
    const { transport: _, timings_ms: __, ...rest } = result;
    return {
      told: told.filter(({ type }) => type !== "culvert.connected" && type !== "culvert.result"),
      rest,
    };
  };
  const socket = await read("ws");
  assertEquals(socket, await read("sse"));
  assert(socket.told.length > 8);
});
