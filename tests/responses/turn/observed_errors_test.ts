import type { Provider } from "../../../lib/config/provider.ts";
import { type Observation, observerOf } from "../../../lib/net/observer.ts";
import { assertEquals, assertExcludes } from "../../support/assert.ts";
import { closedPort } from "../../support/closed_port.ts";
import { HELLO, ONCE, readTurn, tokens } from "../kit.ts";
import { type SocketScript, socketServer, socketSession } from "../transport/websocket/websocket_kit.ts";

const CANARY = "canary-of-a-body";

/** Returns the observations of a failed turn. */
async function told(
  script: SocketScript,
  fields: Partial<Provider>,
  mode: "apikey" | "chatgpt" = "apikey",
): Promise<readonly (readonly [kind: string, error: string | undefined])[]> {
  const seen: Observation[] = [];
  await using server = await socketServer(script);
  using session = await socketSession(server.baseUrl, {
    transport: "sse",
    provider: { ...ONCE, ...fields },
    authenticator: tokens(mode, "sk-test"),
    observer: observerOf((one) => seen.push(one)),
  });
  await readTurn(session.turn(HELLO));
  assertExcludes(JSON.stringify(seen), CANARY);
  return seen.flatMap((one) =>
    one.kind === "request" || one.kind === "response" ? [[one.kind, one.error]] : []
  );
}

const answers = (response: () => Response): SocketScript => ({ posts: [response] });
const streaming = (text: string) => () =>
  new Response(text, { headers: { "content-type": "text/event-stream" } });
const frame = (event: object) => `data: ${JSON.stringify(event)}\n\n`;
const CREATED = frame({ type: "response.created", response: { id: "resp_1", instructions: CANARY } });

Deno.test("a request that did not reach its server is observed with the class of the network failure", async () => {
  const port = closedPort();
  assertEquals(await told({}, { baseUrl: `http://127.0.0.1:${port}/v1` }), [["request", "connect"]]);
});

Deno.test("a request that could not be built is observed with the class of its error", async () => {
  const fields = { name: "OpenAI", requiresOpenAiAuth: true, headers: { "Content-Encoding": CANARY } };
  assertEquals(await told({}, fields, "chatgpt"), [["request", "config"]]);
});

Deno.test("a refusal is observed with its status only", async () => {
  for (const status of [401, 403, 500]) {
    const body = JSON.stringify({ error: { message: CANARY, code: CANARY } });
    assertEquals(await told(answers(() => new Response(body, { status })), {}), [[
      "request",
      `http ${status}`,
    ]]);
  }
});

Deno.test("a truncated stream is observed with its own class, as a failure of the response", async () => {
  assertEquals(await told(answers(streaming(CREATED)), {}), [
    ["request", undefined],
    ["response", "stream_closed"],
  ]);
});

Deno.test("a failed response is observed with its class, and without the server's message", async () => {
  const failed = frame({
    type: "response.failed",
    response: { error: { code: "bio_policy", message: CANARY } },
  });
  assertEquals(await told(answers(streaming(CREATED + failed)), {}), [
    ["request", undefined],
    ["response", "invalid_request"],
  ]);
});

Deno.test("an error event with a status is observed with that status", async () => {
  const event = frame({ type: "error", status: 429, error: { message: CANARY } });
  assertEquals(await told(answers(streaming(CREATED + event)), {}), [
    ["request", undefined],
    ["response", "http 429"],
  ]);
});
