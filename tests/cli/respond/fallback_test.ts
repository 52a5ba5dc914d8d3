import { FALLBACK_ROWS, NO_FALLBACK_ROWS } from "../../responses/turn/fallback_rows.ts";
import { COMPLETED, CREATED } from "../../responses/turn/reading.ts";
import {
  accept,
  COMPLETE,
  refuse,
  saysAndBreaks,
  silence,
  socketServer,
} from "../../responses/transport/websocket/websocket_kit.ts";
import { assert, assertEquals, assertIncludes, assertMatch } from "../../support/assert.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";
import {
  converse,
  converseInTurns,
  homeFor,
  PLANTED_KEY,
  scriptOf,
  TRANSPORT_NAMES,
} from "./transport_kit.ts";

/** Long enough for a loopback, short enough to wait for. */
const PROVIDER = { websocket_connect_timeout_ms: 2_500 };

for (const [name, upgrade, says] of FALLBACK_ROWS) {
  Deno.test(`the program, on auto: ${name} falls back to SSE after one attempt, with one warning`, async () => {
    const { run, result, of, server } = await converse({
      transport: "auto",
      script: { upgrades: [upgrade] },
      provider: PROVIDER,
    });
    assertEquals([run.code, result.status, result.transport], [0, "completed", "sse"]);
    assertEquals(of("culvert.fallback").map(({ quiet }) => quiet), [false]);
    assertMatch(of("culvert.fallback")[0]?.reason ?? "", says);
    assertEquals(run.stderr.match(/using SSE instead of a websocket/g)?.length, 1);
    assertEquals([server.handshakes.length, server.posts.length], [1, 1]);
  });
}

for (const [name, upgrade, code] of NO_FALLBACK_ROWS) {
  Deno.test(`the program, on ws: an upgrade answered with ${name} is an error and never a fallback`, async () => {
    const { run, result, of, server } = await converse({
      transport: "ws",
      script: { upgrades: [upgrade] },
      provider: PROVIDER,
    });
    assertEquals([run.code, result.error?.code], [result.exit_code, code]);
    assertEquals([of("culvert.fallback").length, server.posts.length], [0, 0]);
  });
}

Deno.test("the program, on auto: a 426 falls back to SSE without a message, until the session ends", async () => {
  const prompts = await Deno.makeTempFile();
  await Deno.writeTextFile(prompts, "one\ntwo\n");
  const { server, turns, run } = await converseInTurns({
    transport: "auto",
    script: { upgrades: [refuse(426)] },
    args: ["--repeat-from", prompts],
    prompt: [],
  });
  await Deno.remove(prompts);
  assertEquals([run.code, run.stderr], [0, ""]);
  assertEquals([server.handshakes.length, server.posts.length], [1, 2]);
  assertEquals(turns.flat().flatMap((event) => event.type === "culvert.fallback" ? [event.quiet] : []), [
    true,
  ]);
});

Deno.test("the program, on auto: an upgrade answered with 429 ends the turn", async () => {
  const limit = refuse(429, '{"error":{"type":"usage_limit_reached"}}');
  const { run, result, server } = await converse({ transport: "auto", script: { upgrades: [limit] } });
  assertEquals([run.code, result.error?.code, server.posts.length], [6, "usage_limit", 0]);
});

Deno.test("the program, on auto: a socket that closes before it delivers a frame is abandoned immediately", async () => {
  const script = {
    replies: [(socket: { close(code: number, reason: string): void }) => socket.close(1008, "policy")],
  };
  const { run, of, server } = await converse({ transport: "auto", script });
  assertEquals(run.code, 0);
  assertIncludes(of("culvert.fallback")[0]?.reason ?? "", "1008");
  assertEquals([server.handshakes.length, server.posts.length], [1, 1]);
});

Deno.test("the program, on auto: a socket that stays silent after the request is abandoned after the idle limit", async () => {
  const { run, result, server } = await converse({
    transport: "auto",
    script: { replies: [() => {}] },
    provider: { stream_idle_timeout_ms: 300 },
  });
  assertEquals([run.code, result.transport, server.posts.length], [0, "sse", 1]);
});

Deno.test("the program, on auto: a socket that breaks twice during a response falls back to SSE within the budget", async () => {
  const half = saysAndBreaks([CREATED, { type: "response.output_text.delta", delta: "Hal" }]);
  const { run, result, of, server } = await converse({
    transport: "auto",
    script: { replies: [half] },
    provider: { stream_max_retries: 2 },
  });
  assertEquals([run.code, result.transport], [0, "sse"]);
  assertEquals(of("culvert.retry").map(({ discards_output }) => discards_output), [true, true]);
  assertEquals([server.handshakes.length, server.posts.length], [2, 1]);
});

Deno.test("the program uses the websocket with --transport ws although the provider declares none, and not on auto", async () => {
  assertEquals((await converse({ transport: "ws", script: {} })).result.transport, "websocket");
  const auto = await converse({ transport: "auto", script: {}, provider: { supports_websockets: false } });
  assertEquals([auto.result.transport, auto.server.handshakes.length], ["sse", 0]);
});

for (const code of ["websocket_connection_limit_reached", "previous_response_not_found"]) {
  Deno.test(`the program over the websocket: ${code} reconnects, sends the complete request and completes`, async () => {
    const error = { type: "error", status: 400, error: { code, message: "x" } };
    const { run, server } = await converse({
      transport: "ws",
      script: scriptOf({ events: [error] }, { events: [COMPLETED] }),
      provider: { stream_max_retries: 1 },
    });
    assertEquals([run.code, server.handshakes.length], [0, 2]);
    assertEquals(server.frames[1]?.json["previous_response_id"], undefined);
  });
}

for (const transport of ["sse", "ws"] as const) {
  Deno.test(`--previous with a response that the server does not have fails immediately over ${TRANSPORT_NAMES[transport]}`, async () => {
    const error = { code: "previous_response_not_found", message: "Previous response 'resp_x' not found." };
    const { run, result, requests } = await converse({
      transport,
      script: {
        ...scriptOf({ events: [{ type: "error", status: 400, error }] }),
        posts: [() => Response.json({ error }, { status: 400 })],
      },
      provider: { request_max_retries: 3, stream_max_retries: 3 },
      args: ["--previous", "resp_x"],
    });
    assertEquals([run.code, result.error?.code, requests], [8, "invalid_request", 1]);
    assertIncludes(result.error?.message ?? "", "Previous response 'resp_x' not found.");
    assertIncludes(result.error?.hint ?? "", "--store");
  });
}

Deno.test("the program over the websocket reports the facts of the upgrade before the first event", async () => {
  const headers = { "openai-model": "gpt-test", "x-models-etag": '"e"', "x-reasoning-included": "1" };
  const { types } = await converse({ transport: "ws", script: { upgrades: [accept(headers)] } });
  assertEquals(types, [
    "culvert.connected",
    "culvert.server_model",
    "culvert.models_etag",
    "culvert.reasoning_included",
    ...COMPLETE.map(({ type }) => type),
    "culvert.result",
  ]);
});

Deno.test("after an upgrade without an answer the next process uses SSE immediately, and each turn is one request", async () => {
  await using server = await socketServer({ plain: true, upgrades: [silence] });
  const home = await homeFor(server.baseUrl, {
    provider: { supports_websockets: true, websocket_connect_timeout_ms: 15_000 },
  });
  try {
    const env = { CODEX_HOME: home, CULVERT_API_KEY: PLANTED_KEY };
    const run = async () => {
      const { code, stderr, stdout } = await culvert(["respond", "--json", "-m", "gpt-test", "hello"], {
        env,
      });
      const result = Object(jsonLines(stdout).at(-1));
      assertEquals([code, result.status, result.transport], [0, "completed", "sse"], stderr);
      return Number(result.timings_ms.first_event);
    };
    const first = await run();
    assertEquals([server.handshakes.length, server.frames.length, server.posts.length], [1, 0, 1]);
    // The upgrade may take 2 s; the limit of the connection is 15 s.
    assert(first >= 1_900 && first < 10_000, `${first} ms`);
    const second = await run();
    assertEquals([server.handshakes.length, server.frames.length, server.posts.length], [1, 0, 2]);
    assert(second < 1_900, `${second} ms`);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
