import { assertEquals } from "../../support/assert.ts";
import { HELLO, readTurn } from "../kit.ts";
import {
  accept,
  COMPLETE,
  saysAndBreaks,
  socketServer,
  socketSession,
} from "../transport/websocket/websocket_kit.ts";

/** Returns the events about the model list for each turn of one session. */
async function toldBy(
  session: Awaited<ReturnType<typeof socketSession>>,
  turns: number,
): Promise<readonly (readonly string[])[]> {
  const told: (readonly string[])[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const { of } = await readTurn(session.turn(HELLO));
    told.push(of("culvert.models_etag").map(({ etag }) => etag));
  }
  return told;
}

function streamed(etag: string): () => Response {
  const body = COMPLETE.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  return () =>
    new Response(body, { headers: { "content-type": "text/event-stream", "x-models-etag": etag } });
}

Deno.test("over SSE a new ETag of the models is reported once per session with its quotes, and a changed one once more", async () => {
  await using server = await socketServer({ posts: ['"1"', '"2"', '"2"', '"1"', '"3"'].map(streamed) });
  using session = await socketSession(server.baseUrl, { transport: "sse" });
  assertEquals(await toldBy(session, 5), [['"1"'], ['"2"'], [], [], ['"3"']]);
});

Deno.test("websocket: the ETag of the upgrade is reported once per session, although every response repeats the upgrade", async () => {
  await using server = await socketServer({ upgrades: [accept({ "x-models-etag": '"1"' })] });
  using session = await socketSession(server.baseUrl);
  assertEquals(await toldBy(session, 3), [['"1"'], [], []]);
});

Deno.test("websocket: a new connection with another ETag reports it, and a retry does not repeat it", async () => {
  const [created = {}] = COMPLETE;
  const upgradeWith = (etag: string) => accept({ "x-models-etag": etag });
  await using server = await socketServer({
    upgrades: [upgradeWith('"1"'), upgradeWith('"1"'), upgradeWith('"2"')],
    replies: [saysAndBreaks([created])],
  });
  using session = await socketSession(server.baseUrl, { transport: "ws", provider: { streamMaxRetries: 2 } });
  assertEquals(await toldBy(session, 1), [['"1"', '"2"']]);
  assertEquals(server.handshakes.length, 3);
});

Deno.test("websocket: an ETag from the prewarm request is reported by the first turn", async () => {
  await using server = await socketServer({ upgrades: [accept({ "x-models-etag": '"1"' })] });
  using session = await socketSession(server.baseUrl);
  await session.prewarm(HELLO);
  assertEquals(await toldBy(session, 2), [['"1"'], []]);
});
