import { type Observation, observerOf } from "../../../lib/net/observer.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { HELLO, ONCE, readTurn } from "../kit.ts";
import {
  COMPLETE,
  says,
  saysAndBreaks,
  socketServer,
  socketSession,
} from "../transport/websocket/websocket_kit.ts";

const facts = (seen: readonly Observation[]) =>
  seen.map((one) => {
    if (one.kind === "request") return [one.kind, one.transport, one.connectionReused];
    return one.kind === "response" ? [one.kind, one.transport, one.outcome, one.events] : [one.kind];
  });

Deno.test("websocket: each turn of two frames is one request and one response of two events, and no HTTP request", async () => {
  const seen: Observation[] = [];
  await using server = await socketServer();
  using session = await socketSession(server.baseUrl, { observer: observerOf((one) => seen.push(one)) });
  for (let turn = 0; turn < 2; turn++) await readTurn(session.turn(HELLO));
  assertEquals(facts(seen), [
    ["request", "websocket", false],
    ["response", "websocket", "completed", 2],
    ["turn"],
    ["request", "websocket", true],
    ["response", "websocket", "completed", 2],
    ["turn"],
  ]);
  for (const one of seen) assert(one.kind !== "response" || one.durationMs >= one.waitMs);
});

Deno.test("over SSE each turn of two events is one request and one response of two events", async () => {
  const seen: Observation[] = [];
  await using server = await socketServer();
  using session = await socketSession(server.baseUrl, {
    transport: "sse",
    observer: observerOf((one) => seen.push(one)),
  });
  await readTurn(session.turn(HELLO));
  assertEquals(facts(seen).map((fact) => fact.filter((value) => value !== undefined)), [
    ["request", "http", false],
    ["response", "http", "completed", 2],
    ["turn"],
  ]);
});

Deno.test("websocket: a response that is cut is observed as failed, and one that its reader left as cancelled", async () => {
  const [created = {}] = COMPLETE;
  const seen: Observation[] = [];
  await using server = await socketServer({ replies: [saysAndBreaks([created]), says([created])] });
  using session = await socketSession(server.baseUrl, {
    transport: "ws",
    provider: ONCE,
    observer: observerOf((one) => seen.push(one)),
  });
  await readTurn(session.turn(HELLO));
  for await (const { type } of session.turn(HELLO)) if (type === "response.created") break;
  assertEquals(seen.flatMap((one) => one.kind === "response" ? [[one.outcome, one.events]] : []), [
    ["failed", 1],
    ["cancelled", 1],
  ]);
});
