import { compactByTurn, compactConversation } from "../../lib/api/compact.ts";
import { asCulvertError } from "../../lib/errors.ts";
import { userMessage } from "../../lib/responses/events/items.ts";
import { Session } from "../../lib/responses/turn/session.ts";
import { COMPLETED, CREATED, type Handler, readTurn, refusal, stream, tokens } from "../responses/kit.ts";
import { assertEquals } from "../support/assert.ts";
import { apiRig } from "./kit.ts";

const REQUEST = { model: "m", input: [userMessage("hello")], serviceTier: "fast" };
const COMPACTION = { type: "compaction", encrypted_content: "short" };

const compacted = (state: string): Handler => () =>
  Response.json({ output: [COMPACTION] }, { headers: { "x-codex-turn-state": state } });

const itemDone = (item: object) => ({ type: "response.output_item.done", item });

/** A server and a session over SSE to it. */
function sessionRig(handlers: readonly Handler[], mode: "chatgpt" | "apikey" = "chatgpt") {
  const rig = apiRig(handlers, { authenticator: tokens(mode, "token-0123456789") });
  const { authenticator, dialer, settings: { provider }, world } = rig.connection;
  const options = { authenticator, dialer, provider, world, transport: "sse" } as const;
  return { rig, options, session: new Session(options) };
}

Deno.test("a conversation is compacted by responses/compact, with the ids of its session and without fields of a turn", async () => {
  const { rig, session } = sessionRig([compacted("ts-1")]);
  await using server = rig;
  const compaction = session.compaction();
  const output = await compactConversation(
    rig.connection,
    { ...REQUEST, instructions: "Be brief" },
    compaction,
  );
  assertEquals(output, [COMPACTION]);
  const { headers, json, url } = server.seen[0] ?? fail();
  assertEquals(url.pathname, "/v1/responses/compact");
  const { sessionId, threadId } = compaction.context.identity;
  assertEquals(json, {
    model: "m",
    input: REQUEST.input,
    instructions: "Be brief",
    parallel_tool_calls: true,
    service_tier: "priority",
    prompt_cache_key: sessionId,
  });
  assertEquals([headers.get("session-id"), headers.get("thread-id"), headers.get("x-codex-window-id")], [
    sessionId,
    threadId,
    `${threadId}:0`,
  ]);
  assertEquals([headers.get("x-client-request-id"), headers.get("x-codex-turn-state")], [null, null]);
  assertEquals(JSON.parse(headers.get("x-codex-turn-metadata") ?? "{}").request_kind, "compaction");
});

Deno.test("a compaction with an API key sends no service tier", async () => {
  const { rig, session } = sessionRig([compacted("ts-1")], "apikey");
  await using server = rig;
  await compactConversation(rig.connection, REQUEST, session.compaction());
  assertEquals("service_tier" in (server.seen[0]?.json ?? {}), false);
});

Deno.test("compacting an empty conversation returns no items and sends no request", async () => {
  const { rig, session, options } = sessionRig([compacted("ts-1")]);
  await using server = rig;
  assertEquals(
    await compactConversation(rig.connection, { ...REQUEST, input: [] }, session.compaction()),
    [],
  );
  assertEquals(await compactByTurn(options, { ...REQUEST, input: [] }), []);
  assertEquals(server.seen.length, 0);
});

Deno.test("the state of a compaction is sent with the next sample, and a later compaction sends the first state again", async () => {
  const sample = stream([CREATED, COMPLETED], { "x-codex-turn-state": "ts-2" });
  const { rig, session } = sessionRig([compacted("ts-1"), sample, compacted("ts-3")]);
  await using server = rig;
  await compactConversation(rig.connection, REQUEST, session.compaction());
  const turn = session.turn(REQUEST);
  await readTurn(turn);
  await compactConversation(rig.connection, REQUEST, session.compaction(turn));
  assertEquals(server.seen.map(({ headers }) => headers.get("x-codex-turn-state")), [null, "ts-1", "ts-1"]);
});

Deno.test("the window counts compactions, is kept on resume, and starts again in a fork", async () => {
  const sample = stream([CREATED, COMPLETED]);
  const { rig, session, options } = sessionRig([sample, compacted("s"), sample, sample, sample]);
  await using server = rig;
  await readTurn(session.turn(REQUEST));
  const compaction = session.compaction();
  await compactConversation(rig.connection, REQUEST, compaction);
  await readTurn(session.turn(REQUEST));
  const { identity } = session.compaction().context;
  using resumed = new Session({ ...options, identity });
  await readTurn(resumed.turn(REQUEST));
  using fork = new Session(options);
  await readTurn(fork.turn(REQUEST));
  const windows = server.seen.map(({ headers }) => headers.get("x-codex-window-id")?.split(":") ?? []);
  assertEquals(windows.map(([, count]) => count), ["0", "0", "1", "1", "0"]);
  assertEquals(new Set(windows.map(([thread]) => thread)).size, 2);
});

Deno.test("a compaction by a turn ends its input with the trigger and returns the one compaction item", async () => {
  const items = [itemDone({ type: "reasoning", summary: [] }), itemDone(COMPACTION)];
  const { rig, options } = sessionRig([stream([CREATED, ...items, COMPLETED])]);
  await using server = rig;
  assertEquals(await compactByTurn(options, REQUEST), [COMPACTION]);
  assertEquals(server.seen[0]?.json?.["input"], [...REQUEST.input, { type: "compaction_trigger" }]);
  const metadata = server.seen[0]?.headers.get("x-codex-turn-metadata") ?? "{}";
  assertEquals(JSON.parse(metadata).request_kind, "compaction");
});

Deno.test("a compaction by a turn without an item, or with two, fails and is not sent again", async () => {
  for (const count of [0, 2]) {
    const items = Array.from({ length: count }, () => itemDone(COMPACTION));
    const { rig, options } = sessionRig([stream([CREATED, ...items, COMPLETED])]);
    await using server = rig;
    const error = await compactByTurn(options, REQUEST).then(() => undefined, asCulvertError);
    assertEquals([error?.code, server.seen.length], ["response_failed", 1]);
  }
});

Deno.test("a compaction by a turn is retried after a 500 and a stream that ends early, and discards their items", async () => {
  const { rig, options } = sessionRig([
    refusal(500, {}),
    stream([CREATED, itemDone({ ...COMPACTION, encrypted_content: "lost" })]),
    stream([CREATED, itemDone(COMPACTION), COMPLETED]),
  ]);
  await using server = rig;
  assertEquals(await compactByTurn(options, REQUEST), [COMPACTION]);
  assertEquals(server.seen.length, 3);
});

Deno.test("a compaction by a turn makes at most two stream retries", async () => {
  const { rig, options } = sessionRig([stream([CREATED])]);
  await using server = rig;
  const error = await compactByTurn(options, REQUEST).then(() => undefined, asCulvertError);
  assertEquals([error?.code, server.seen.length], ["stream_closed", 3]);
});

function fail(): never {
  throw new Error("No request was seen");
}
