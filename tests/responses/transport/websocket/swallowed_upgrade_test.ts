import { FileFallbackMemory } from "../../../../lib/responses/transport/fallback_memory.ts";
import { assert, assertEquals, assertIncludes } from "../../../support/assert.ts";
import { join } from "../../../support/paths.ts";
import { hastyWorld, HELLO, ONCE, readTurn } from "../../kit.ts";
import { accept, COMPLETE, refuse, says, silence, socketServer, socketSession } from "./websocket_kit.ts";

async function memoryFile(): Promise<{ path: string } & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "culvert-memory-" });
  return {
    path: join(folder, "culvert", "websocket_fallback.json"),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("auto: an upgrade without an answer is abandoned after 2 s of the 15 s, and one request reaches the model", async () => {
  await using server = await socketServer({ upgrades: [silence] });
  using session = await socketSession(server.baseUrl, {
    provider: { ...ONCE, websocketConnectTimeoutMs: 15_000 },
  });
  const begin = performance.now();
  const { of, result } = await readTurn(session.turn(HELLO));
  const took = performance.now() - begin;
  assertEquals([result.status, result.transport], ["completed", "sse"]);
  assertEquals([server.handshakes.length, server.frames.length, server.posts.length], [1, 0, 1]);
  assert(took < 14_000, `${took} ms`);
  const [fallback] = of("culvert.fallback");
  assertEquals(fallback?.quiet, false);
  assertIncludes(fallback?.hint ?? "", "allow websocket upgrades to localhost");
});

Deno.test("ws: the upgrade may use the whole connection limit", async () => {
  await using server = await socketServer({ upgrades: [accept({}, 300)] });
  using session = await socketSession(server.baseUrl, { transport: "ws", upgradeTimeoutMs: 50 });
  const { result } = await readTurn(session.turn(HELLO));
  assertEquals([result.status, result.transport], ["completed", "websocket"]);
});

Deno.test("a host that refused the upgrade is used over SSE immediately by the next process, for an hour", async () => {
  await using file = await memoryFile();
  await using server = await socketServer({ upgrades: [refuse(403)] });
  const world = hastyWorld();
  const open = (now: () => number) =>
    socketSession(server.baseUrl, { fallbackMemory: new FileFallbackMemory(file.path, { ...world, now }) });
  const read = async (now: () => number) => {
    using session = await open(now);
    const turn = await readTurn(session.turn(HELLO));
    // The host is stored in the background. As at the end of the program, the session waits for it.
    await session.flush();
    return turn;
  };
  const first = await read(Date.now);
  assertEquals([first.result.transport, server.handshakes.length], ["sse", 1]);
  if (Deno.build.os !== "windows") assertEquals(((await Deno.stat(file.path)).mode ?? 0) & 0o777, 0o600);

  const second = await read(Date.now);
  assertEquals([second.result.transport, server.handshakes.length], ["sse", 1]);
  const [fallback] = second.of("culvert.fallback");
  assertEquals(fallback?.quiet, true);
  assertIncludes(fallback?.reason ?? "", "403");

  await read(() => Date.now() + 3_700_000);
  assertEquals(server.handshakes.length, 2, "after an hour the websocket is tried again");
});

Deno.test("a damaged record of refused upgrades counts as empty", async () => {
  await using file = await memoryFile();
  await Deno.mkdir(join(file.path, ".."), { recursive: true });
  await Deno.writeTextFile(file.path, '{"hosts": [');
  await using server = await socketServer();
  using session = await socketSession(server.baseUrl, {
    fallbackMemory: new FileFallbackMemory(file.path, hastyWorld()),
  });
  const { result } = await readTurn(session.turn(HELLO));
  assertEquals(result.transport, "websocket");
});

for (const [limit, transport] of [["300", "sse"], ["1000000", "websocket"]] as const) {
  Deno.test(`auto: a peer that accepts ${limit} bytes per message gets the request over ${transport}, once`, async () => {
    await using server = await socketServer({
      upgrades: [accept({ "x-codex-websocket-max-message-bytes": limit })],
    });
    using session = await socketSession(server.baseUrl, { provider: ONCE });
    const { of, result } = await readTurn(session.turn(HELLO));
    assertEquals([result.status, result.transport], ["completed", transport]);
    assertEquals(server.frames.length + server.posts.length, 1);
    assert(of("culvert.fallback").every(({ quiet }) => quiet));
  });
}

Deno.test("ws: a request above the peer's limit is not sent and fails immediately", async () => {
  await using server = await socketServer({
    upgrades: [accept({ "x-codex-websocket-max-message-bytes": "300" })],
  });
  using session = await socketSession(server.baseUrl, { transport: "ws" });
  const { of, result } = await readTurn(session.turn(HELLO));
  assertEquals([result.error?.code, of("culvert.retry").length, server.frames.length], [
    "message_too_large",
    0,
    0,
  ]);
  assertIncludes(result.error?.message ?? "", "accepts 300 bytes");
});

Deno.test("ws: a close with code 1009 is not retried, and reports that the request is too large", async () => {
  await using server = await socketServer({ replies: [(socket) => socket.close(1009, "too big")] });
  using session = await socketSession(server.baseUrl, { transport: "ws" });
  const { of, result } = await readTurn(session.turn(HELLO));
  assertEquals([result.error?.code, of("culvert.retry").length, server.frames.length], ["websocket", 0, 1]);
  assertIncludes(result.error?.hint ?? "", "larger than");
});

Deno.test("extra headers of a request are sent on the upgrade, and different ones open another connection", async () => {
  await using server = await socketServer({ replies: [says(COMPLETE)] });
  using session = await socketSession(server.baseUrl);
  for (const value of ["a", "a", "b"]) {
    await readTurn(session.turn({ ...HELLO, headers: { "x-extra": value } }));
  }
  assertEquals(server.handshakes.map((headers) => headers.get("x-extra")), ["a", "b"]);
});
