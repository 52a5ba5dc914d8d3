import { CulvertError } from "../../../lib/errors.ts";
import { assert, assertEquals, assertIncludes, assertThrows } from "../../support/assert.ts";
import {
  COMPLETED,
  CREATED,
  delta,
  failed,
  HELLO,
  ONCE,
  provider,
  readTurn,
  refusal,
  runScript,
  scriptedServer,
  session,
  stream,
  tokens,
} from "../kit.ts";

Deno.test("a turn whose stream closes early sends the same bytes again and completes", async () => {
  const reading = await runScript([stream([CREATED]), stream([CREATED, COMPLETED])]);
  assertEquals(reading.result.status, "completed");
  assertEquals(reading.seen.length, 2);
  assertEquals(reading.seen[0]?.bytes, reading.seen[1]?.bytes);
  const [retry] = reading.of("culvert.retry");
  assertEquals([retry?.level, retry?.attempt, retry?.max, retry?.discards_output], ["stream", 1, 5, false]);
});

Deno.test("a retry after text reports that the previous output is void", async () => {
  const reading = await runScript([
    stream([CREATED, delta("Hal")]),
    stream([CREATED, delta("Hello"), COMPLETED]),
  ]);
  assertEquals(reading.of("culvert.retry")[0]?.discards_output, true);
  assertEquals(reading.of("culvert.result").length, 1);
});

Deno.test("if text cannot be retracted, a stream that breaks after text ends the turn", async () => {
  const reading = await runScript([stream([CREATED, delta("Hal")])], {
    options: { restartAfterText: false },
  });
  assertEquals(reading.seen.length, 1);
  assertEquals([reading.result.error?.code, reading.result.error?.details.partial_output], [
    "stream_closed",
    true,
  ]);
});

Deno.test("if text cannot be retracted, a stream that breaks before any text is still retried", async () => {
  const reading = await runScript([stream([CREATED]), stream([delta("Hello"), COMPLETED])], {
    options: { restartAfterText: false },
  });
  assertEquals(reading.result.status, "completed");
});

Deno.test("a 5xx is retried with pauses of 200, 400, 800 and 1600 ms and then fails the turn", async () => {
  const reading = await runScript([refusal(500, { error: { message: "boom" } })]);
  assertEquals(reading.of("culvert.retry").map(({ delay_ms }) => delay_ms), [200, 400, 800, 1600]);
  assertEquals([reading.result.error?.code, reading.result.exit_code, reading.seen.length], ["server", 7, 5]);
});

Deno.test("a turn makes at most 1 + request retries + stream retries attempts, for any failures", async () => {
  let count = 0;
  const reading = await runScript([
    (request) => (++count % 2 === 0 ? refusal(502, "bad") : stream([CREATED]))(request),
  ], { provider: { requestMaxRetries: 2, streamMaxRetries: 3 } });
  assertEquals(reading.result.status, "failed");
  assert(reading.seen.length <= 6, `${reading.seen.length} attempts`);
});

Deno.test("a turn waits for the Retry-After of a 503", async () => {
  const reading = await runScript([
    refusal(503, "busy", { "retry-after": "3" }),
    refusal(503, "busy", { "retry-after-ms": "1700" }),
    stream([COMPLETED]),
  ]);
  assertEquals(reading.of("culvert.retry").map(({ delay_ms }) => delay_ms), [3_000, 1_700]);
  assertEquals(reading.result.status, "completed");
});

Deno.test("a Retry-After of an hour ends the turn", async () => {
  const reading = await runScript([refusal(503, "busy", { "retry-after": "3600" })]);
  assertEquals([reading.seen.length, reading.result.error?.code], [1, "server"]);
});

Deno.test("a turn sends no further request to a server that reports overload", async () => {
  const reading = await runScript([
    refusal(503, { error: { code: "server_is_overloaded", message: "later" } }),
  ]);
  assertEquals([reading.seen.length, reading.result.error?.code], [1, "overloaded"]);
});

for (
  const [status, code, exit] of [
    [400, "invalid_request", 8],
    [401, "auth_rejected", 4],
    [403, "auth_forbidden", 4],
    [404, "not_found", 8],
    [422, "invalid_request", 8],
    [429, "rate_limited", 6],
  ] as const
) {
  Deno.test(`a ${status} is final: it causes no retry, code ${code} and exit code ${exit}`, async () => {
    const reading = await runScript([refusal(status, { error: { message: "the reason" } })]);
    assertEquals([reading.seen.length, reading.result.error?.code, reading.result.exit_code], [
      1,
      code,
      exit,
    ]);
    assertIncludes(reading.result.error?.message ?? "", "the reason");
    assertIncludes(reading.result.error?.message ?? "", `was answered ${status}`);
  });
}

Deno.test("the next turn of a session works after a failed turn", async () => {
  await using server = scriptedServer(refusal(400, "no"), stream([COMPLETED]));
  const one = session(server.url, { provider: provider(server.url, ONCE) });
  assertEquals((await readTurn(one.turn(HELLO))).result.status, "failed");
  assertEquals((await readTurn(one.turn(HELLO))).result.status, "completed");
});

Deno.test("a 401 starts a recovery, and the request is sent again with the new token without using a retry", async () => {
  const authenticator = tokens("chatgpt", "old-token", "new-token");
  const reading = await runScript(
    [refusal(401, "no", { "x-request-id": "req_1", "cf-ray": "ray_1" }), stream([COMPLETED])],
    { session: { authenticator }, provider: ONCE },
  );
  assertEquals(reading.result.status, "completed");
  assertEquals(reading.seen.map(({ headers }) => headers.get("authorization")), [
    "Bearer old-token",
    "Bearer new-token",
  ]);
  const [auth] = reading.of("culvert.auth");
  assertEquals([auth?.mode, auth?.phase, auth?.outcome, auth?.request_id], [
    "chatgpt",
    "refresh_token",
    "recovery_succeeded",
    "req_1",
  ]);
  assertEquals(authenticator.rejections[0]?.evidence, { requestId: "req_1", cfRay: "ray_1" });
});

Deno.test("a recovery that never ends is cancelled by the turn", async () => {
  const authenticator = tokens("chatgpt", ...Array.from({ length: 100 }, (_, index) => `token-${index}`));
  const reading = await runScript([refusal(401, "no")], { session: { authenticator } });
  assertEquals(reading.result.error?.code, "auth_rejected");
  assert(reading.seen.length <= 5, `${reading.seen.length} requests`);
});

Deno.test("a failing credential source ends the turn without a request", async () => {
  const missing = new CulvertError("auth_missing", "No credential was found");
  const reading = await runScript([stream([COMPLETED])], {
    session: { authenticator: { ...tokens("none"), authorize: () => Promise.reject(missing) } },
  });
  assertEquals([reading.seen.length, reading.result.error?.code, reading.result.exit_code], [
    0,
    "auth_missing",
    4,
  ]);
});

Deno.test("the sticky state of the first reply is sent by the turn's retries and not by the next turn", async () => {
  await using server = scriptedServer(
    stream([CREATED], { "x-codex-turn-state": "ts-1" }),
    stream([CREATED], { "x-codex-turn-state": "ts-2" }),
    stream([COMPLETED]),
    stream([COMPLETED]),
  );
  const one = session(server.url);
  await readTurn(one.turn(HELLO));
  await readTurn(one.turn(HELLO));
  assertEquals(server.seen.map(({ headers }) => headers.get("x-codex-turn-state")), [
    null,
    "ts-1",
    "ts-1",
    null,
  ]);
});

Deno.test("a reroute is reported once per turn, with a warning that names both models", async () => {
  const head = { "openai-model": "gpt-5.2" };
  const reading = await runScript([stream([CREATED], head), stream([COMPLETED], head)], {
    request: { model: "gpt-5.3-codex" },
  });
  assertEquals(reading.of("culvert.reroute"), [{
    type: "culvert.reroute",
    from_model: "gpt-5.3-codex",
    to_model: "gpt-5.2",
    reason: "high_risk_cyber_activity",
  }]);
  const [warning, ...more] = reading.of("culvert.warning");
  assertEquals(more, []);
  for (const part of ["gpt-5.3-codex", "gpt-5.2", "https://chatgpt.com/cyber"]) {
    assertIncludes(warning?.message ?? "", part);
  }
  assertEquals([reading.result.model_requested, reading.result.model_served], ["gpt-5.3-codex", "gpt-5.2"]);
});

Deno.test("a head with the requested model does not suppress the warning for a later event", async () => {
  const reading = await runScript([
    stream([{ ...CREATED, headers: { "openai-model": "other" } }, COMPLETED], { "openai-model": "gpt-test" }),
  ]);
  assertEquals(reading.of("culvert.server_model").map(({ model }) => model), ["gpt-test", "other"]);
  assertEquals(reading.of("culvert.reroute").length, 1);
});

for (const served of ["GPT-TEST", "gpt-test-2026-01-31"]) {
  Deno.test(`${served} is not a reroute from gpt-test`, async () => {
    const reading = await runScript([stream([COMPLETED], { "openai-model": served })]);
    assertEquals(reading.of("culvert.reroute"), []);
    assertEquals(reading.result.model_served, served);
  });
}

Deno.test("a turn is read once, and a second reader gets an error", async () => {
  await using server = scriptedServer(stream([COMPLETED]));
  const turn = session(server.url).turn(HELLO);
  await readTurn(turn);
  assertThrows(() => turn.batches(), { code: "usage" });
});

Deno.test("an unreachable server is tried again with pauses, then the turn fails with a network error", async () => {
  const gone = scriptedServer();
  await gone[Symbol.asyncDispose]();
  const { of, result } = await readTurn(session(gone.url).turn(HELLO));
  assertEquals(
    of("culvert.retry").map(({ level, code }) => `${level} ${code}`),
    Array(4).fill("request connect"),
  );
  assertEquals([result.error?.code, result.exit_code, result.transport], ["connect", 5, null]);
});

Deno.test("a connection that is reset during the answer is a stream failure", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const serving = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(65_536));
      const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
      const piece = `data: ${JSON.stringify(CREATED)}\n\n`;
      const chunk = `${piece.length.toString(16)}\r\n${piece}\r\n`;
      await connection.write(new TextEncoder().encode(head + chunk));
      connection.close();
    }
  })();
  const address = `http://127.0.0.1:${listener.addr.port}/v1`;
  const one = session(address, { provider: provider(address, { streamMaxRetries: 1 }) });
  const { of, result, types } = await readTurn(one.turn(HELLO));
  listener.close();
  await serving;
  assertEquals(of("culvert.retry").map(({ level, code }) => `${level} ${code}`), ["stream reset"]);
  assertEquals([result.error?.code, result.exit_code], ["reset", 5]);
  assertEquals(types.filter((type) => type === "response.created").length, 2);
});

Deno.test("a web page instead of a stream is reported as a block page, with its title", async () => {
  const page = () =>
    new Response("<html><head><title>Sign in to Guest-WiFi</title>", {
      headers: { "content-type": "text/html" },
    });
  const reading = await runScript([page]);
  assertEquals([reading.result.error?.code, reading.seen.length], ["blocked", 1]);
  assertIncludes(reading.result.error?.message ?? "", "Sign in to Guest-WiFi");
});

Deno.test("no error repeats the credential that was sent, even if the server does", async () => {
  const reading = await runScript([
    ({ headers }) =>
      new Response(`bad ${headers.get("authorization")} and sk-abcdefghijklmnop`, { status: 401 }),
  ], {
    session: { authenticator: tokens("apikey", "tok-secret-1234") },
  });
  const text = JSON.stringify(reading.events);
  assert(!text.includes("tok-secret-1234") && !text.includes("sk-abcdefgh"), text);
});

Deno.test("a rate limit of the head is reported and is part of the result, and a later empty head does not erase it", async () => {
  await using server = scriptedServer(
    stream([COMPLETED], { "x-codex-primary-used-percent": "50", "x-codex-primary-window-minutes": "300" }),
    stream([COMPLETED]),
  );
  const one = session(server.url);
  await readTurn(one.turn(HELLO));
  const { result, of } = await readTurn(one.turn(HELLO));
  assertEquals(of("culvert.rate_limits"), []);
  assertEquals(result.rate_limits[0]?.primary, { used_percent: 50, window_minutes: 300, resets_at: null });
});

Deno.test("the result of a failed response contains its id", async () => {
  const reading = await runScript([stream([failed({ code: "invalid_prompt", message: "no" })])]);
  assertEquals([reading.result.response_id, reading.result.transport], ["resp_1", "sse"]);
});
