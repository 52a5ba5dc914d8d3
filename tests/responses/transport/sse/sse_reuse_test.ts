import type { World } from "../../../../lib/world/world.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { worldWith } from "../../../net/kit.ts";
import { type CountingServer, countingServer } from "./counting_server.ts";
import { COMPLETED, CREATED, frames, held, HELLO, readTurn, scriptedServer, session } from "../../kit.ts";
import { socketSession } from "../websocket/websocket_kit.ts";

const TURNS = 4;

/** Makes consecutive turns in one session. Returns their total time, ms. */
async function runTurns({ baseUrl, count }: CountingServer): Promise<number> {
  using session = await socketSession(baseUrl, { transport: "sse", world: worldWith() });
  let totalMs = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    const { result } = await readTurn(session.turn(HELLO));
    assertEquals(result.status, "completed");
    totalMs += result.timings_ms.total;
  }
  assertEquals(count.requests, TURNS);
  return totalMs;
}

Deno.test("over SSE the turns of a session share one TLS connection", async () => {
  await using server = await countingServer((response) => response.end());
  await runTurns(server);
  assertEquals(server.count.connections, 1);
});

Deno.test("over SSE the connection is reused although the stream ends a little after its last event", async () => {
  await using server = await countingServer((response) => {
    setTimeout(() => response.end("data: [DONE]\n\n"), 15);
  });
  await runTurns(server);
  // Not 1: where the machine is busy, the end may come too late for one of them.
  assert(server.count.connections < TURNS, `${server.count.connections} connections`);
});

Deno.test("over SSE a stream that stays open after its last event costs its connection, and no turn waits for its end", async () => {
  await using server = await countingServer(() => {});
  const totalMs = await runTurns(server);
  assertEquals(server.count.connections, TURNS);
  assert(totalMs < TURNS * 1_000, `${totalMs} ms`);
});

Deno.test("over SSE a server that continues to send after its last event is disconnected", async () => {
  const { promise: gone, resolve: leave } = Promise.withResolvers<void>();
  const noise = new Uint8Array(16 * 1024).fill(0x3a);
  await using server = scriptedServer(() =>
    new Response(
      new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new TextEncoder().encode(frames([CREATED, COMPLETED]))),
        pull: (controller) => controller.enqueue(noise),
        cancel: () => leave(),
      }),
      { headers: { "content-type": "text/event-stream" } },
    )
  );
  const one = session(server.url, { world: worldWith() });
  assertEquals((await readTurn(one.turn(HELLO))).result.status, "completed");
  await gone;
  one.close();
});

Deno.test("over SSE closing a session cancels a stream that stayed open", async () => {
  await using server = scriptedServer(held([CREATED, COMPLETED]));
  const real = worldWith();
  // The time limit is not reached, so that only closing the session can end it.
  const world: World = { ...real, sleep: (ms, signal) => real.sleep(ms * 1_000, signal) };
  const one = session(server.url, { world });
  assertEquals((await readTurn(one.turn(HELLO))).result.status, "completed");
  one.close();
  await server.seen[0]?.gone;
});
