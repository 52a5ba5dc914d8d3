import { observerOf } from "../../../../lib/net/observer.ts";
import { VERSION } from "../../../../lib/version.ts";
import * as zlib from "node:zlib";
import type { Authenticator } from "../../../../lib/auth/authenticator.ts";
import type { Provider } from "../../../../lib/config/provider.ts";
import { originator, userAgent } from "../../../../lib/connect/user_agent.ts";
import { assert, assertEquals, assertMatch } from "../../../support/assert.ts";
import {
  COMPLETED,
  HELLO,
  readTurn,
  refusal,
  runScript,
  scriptedServer,
  session,
  stream,
  tokens,
} from "../../kit.ts";

const OPENAI: Partial<Provider> = { name: "OpenAI", requiresOpenAiAuth: true };

function login(): Authenticator {
  const base = tokens("chatgpt", "tok");
  return {
    ...base,
    authorize: async () => {
      const authorization = await base.authorize();
      return { ...authorization, headers: { ...authorization.headers, "ChatGPT-Account-ID": "acc" } };
    },
  };
}

Deno.test("a turn is POSTed to /responses as JSON, requests an event stream, and identifies the client", async () => {
  const { seen: [request] } = await runScript([stream([COMPLETED])], { session: { authenticator: login() } });
  assert(request !== undefined);
  const { headers } = request;
  assertEquals([request.method, request.url.pathname], ["POST", "/v1/responses"]);
  assertEquals(headers.get("content-type"), "application/json");
  assertEquals(headers.get("accept"), "text/event-stream");
  assertEquals(headers.get("authorization"), "Bearer tok");
  assertEquals(headers.get("chatgpt-account-id"), "acc");
  assertEquals(headers.get("originator"), "culvert");
  const thread = headers.get("thread-id") ?? "";
  assertMatch(thread, /^[0-9a-f-]{36}$/);
  assertEquals(headers.get("x-client-request-id"), thread);
  assertEquals(headers.get("x-codex-window-id"), `${thread}:0`);
  const metadata = JSON.parse(headers.get("x-codex-turn-metadata") ?? "");
  assertEquals([metadata.thread_id, metadata.request_kind], [thread, "turn"]);
  assertEquals(request.json?.prompt_cache_key, headers.get("session-id"));
  assertEquals(request.json?.client_metadata, {
    session_id: headers.get("session-id"),
    thread_id: thread,
    "x-codex-window-id": `${thread}:0`,
    turn_id: metadata.turn_id,
    root_turn_id: metadata.turn_id,
    "x-codex-turn-metadata": headers.get("x-codex-turn-metadata"),
  });
});

Deno.test("the credential's headers override the call's, which override the provider's, which override the defaults", async () => {
  const { seen: [request] } = await runScript([stream([COMPLETED])], {
    provider: {
      headers: {
        Originator: "theirs",
        accept: "text/plain",
        AUTHORIZATION: "Bearer static",
        "x-team": "blue",
      },
      queryParams: { "api-version": "2025 preview" },
    },
  });
  assertEquals(request?.headers.get("originator"), "theirs");
  assertEquals(request?.headers.get("accept"), "text/event-stream");
  assertEquals(request?.headers.get("authorization"), "Bearer sk-test");
  assertEquals(request?.headers.get("x-team"), "blue");
  assertEquals(request?.url.searchParams.get("api-version"), "2025 preview");
});

Deno.test("two turns of a session share its ids and have different turn ids", async () => {
  await using server = scriptedServer(stream([COMPLETED]));
  const one = session(server.url);
  await readTurn(one.turn(HELLO));
  await readTurn(one.turn(HELLO));
  const [first, second] = server.seen.map(({ headers }) => headers);
  assertEquals(first?.get("session-id"), second?.get("session-id"));
  const turnId = (headers?: Headers) => JSON.parse(headers?.get("x-codex-turn-metadata") ?? "{}").turn_id;
  assert(turnId(first) !== turnId(second));
});

Deno.test("with a ChatGPT login at OpenAI the body is zstd with a routing hint, and a retry sends the same bytes", async () => {
  const { seen, result } = await runScript([refusal(500, "x"), stream([COMPLETED])], {
    provider: OPENAI,
    session: { authenticator: login() },
    request: { serviceTier: "fast" },
  });
  assertEquals(result.status, "completed");
  const [first, second] = seen;
  assert(first !== undefined && second !== undefined);
  assertEquals(first.headers.get("content-encoding"), "zstd");
  assertEquals(first.headers.get("x-codex-routing-hint"), "model=gpt-test;tier=priority");
  assertEquals(JSON.parse(zlib.zstdDecompressSync(first.bytes).toString()).model, "gpt-test");
  assertEquals(first.bytes, second.bytes);
});

for (
  const [name, over, mode] of [
    ["an API key at OpenAI", OPENAI, "apikey"],
    ["a ChatGPT login elsewhere", { name: "Corp" }, "chatgpt"],
  ] as const
) {
  Deno.test(`with ${name} the body is plain JSON and there is no routing hint`, async () => {
    const { seen: [request] } = await runScript([stream([COMPLETED])], {
      provider: over,
      session: { authenticator: tokens(mode, "tok") },
    });
    assertEquals(request?.headers.get("content-encoding"), null);
    assertEquals(request?.headers.get("x-codex-routing-hint"), null);
    assertEquals(request?.json?.model, "gpt-test");
  });
}

Deno.test("a provider that sets Content-Encoding causes a warning about the conflict", async () => {
  const { result, seen } = await runScript([stream([COMPLETED])], {
    provider: { ...OPENAI, headers: { "content-encoding": "gzip" } },
    session: { authenticator: login() },
  });
  assertEquals([result.error?.code, seen.length], ["config", 0]);
});

Deno.test("each attempt is reported to the observer, with the evidence that the server sent", async () => {
  const told: unknown[] = [];
  await runScript([
    refusal(500, "x", { "x-request-id": "req_1" }),
    stream([COMPLETED], { "x-request-id": "req_2" }),
  ], {
    session: {
      observer: observerOf((observation) => {
        if (observation.kind !== "request") return;
        const { endpoint, attempt, status, error, evidence, authHeaderAttached } = observation;
        told.push([endpoint, attempt, status, error, evidence.requestId, authHeaderAttached]);
      }),
    },
  });
  assertEquals(told, [
    ["/responses", 0, 500, "http 500", "req_1", true],
    ["/responses", 1, 200, undefined, "req_2", true],
  ]);
});

Deno.test("the originator is culvert, or the value of the variable if a header can contain it", () => {
  const name = "CODEX_INTERNAL_ORIGINATOR_OVERRIDE";
  const from = (value: string | undefined) => originator((asked) => asked === name ? value : undefined);
  assertEquals([from(undefined), from(""), from("acme cli"), from("a\nb"), from("é")], [
    "culvert",
    "culvert",
    "acme cli",
    "culvert",
    "culvert",
  ]);
});

Deno.test("the user agent is printable ASCII", () => {
  const { os, arch } = Deno.build;
  const from = (variables: Readonly<Record<string, string>>) => userAgent({ env: (name) => variables[name] });
  assertEquals(from({}), `culvert/${VERSION} (${os}; ${arch}) unknown`);
  assertEquals(from({ TERM: "xterm\né" }), `culvert/${VERSION} (${os}; ${arch}) xterm__`);
  assertEquals(from({ TERM: "xterm", TERM_PROGRAM: "vscode" }), `culvert/${VERSION} (${os}; ${arch}) vscode`);
});
