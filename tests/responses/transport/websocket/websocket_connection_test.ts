import { assert, assertEquals } from "../../../support/assert.ts";
import { hastyWorld, HELLO, ONCE, readTurn } from "../../kit.ts";
import {
  COMPLETE,
  type Reply,
  respondedWith,
  runSocket,
  says,
  saysAndBreaks,
  socketServer,
  socketSession,
} from "./websocket_kit.ts";

Deno.test("websocket: frames after the end never become part of the next response", async () => {
  const late = [
    { type: "response.output_text.delta", delta: "STALE" },
    { type: "response.completed", response: { id: "resp_a" } },
  ];
  await using server = await socketServer({
    replies: [
      says([...respondedWith("resp_a", "one"), ...late]),
      says([...late, ...respondedWith("resp_b", "two")]),
    ],
  });
  using session = await socketSession(server.baseUrl);
  await readTurn(session.turn(HELLO));
  const { of, result } = await readTurn(session.turn(HELLO));
  assertEquals(of("response.output_text.delta").map(({ delta }) => delta), ["two"]);
  assertEquals([result.response_id, of("culvert.connected")[0]?.reused], ["resp_b", true]);
});

Deno.test("websocket: a connection that the server closed between turns costs the next turn no retry", async () => {
  await using server = await socketServer();
  using session = await socketSession(server.baseUrl, { provider: ONCE });
  await readTurn(session.turn(HELLO));
  server.sockets[0]?.close(1001, "bye");
  await server.closed[0];
  const { of, result } = await readTurn(session.turn(HELLO));
  assertEquals([result.status, result.transport, of("culvert.retry").length], ["completed", "websocket", 0]);
  assertEquals(server.handshakes.length, 2);
});

Deno.test("websocket: a connection that closes as the request arrives is replaced without a retry", async () => {
  await using server = await socketServer({
    replies: [says(COMPLETE), (socket) => socket.drop(), says(COMPLETE)],
  });
  using session = await socketSession(server.baseUrl, { provider: ONCE });
  await readTurn(session.turn(HELLO));
  const { of, result } = await readTurn(session.turn(HELLO));
  assertEquals([result.status, result.transport, of("culvert.retry").length], ["completed", "websocket", 0]);
  assertEquals(of("culvert.connected").map(({ reused }) => reused), [true, false]);
});

Deno.test("websocket: an idle connection that does not answer a ping is replaced before the request is sent", async () => {
  await using server = await socketServer();
  let ahead = 0;
  using session = await socketSession(server.baseUrl, {
    provider: ONCE,
    world: { ...hastyWorld(), monotonic: () => performance.now() + ahead },
  });
  await readTurn(session.turn(HELLO));
  server.sockets[0]?.stall();
  ahead = 60_000;
  const { result } = await readTurn(session.turn(HELLO));
  assertEquals([result.status, result.transport, server.handshakes.length], ["completed", "websocket", 2]);
  assertEquals(server.frames.length, 2);
});

Deno.test("websocket: a cancelled turn drops the socket and the next one does not wait for it", async () => {
  const [created = {}] = COMPLETE;
  await using server = await socketServer({ replies: [says([created]), says(COMPLETE)] });
  using session = await socketSession(server.baseUrl);
  const stop = new AbortController();
  for await (const event of session.turn(HELLO, { signal: stop.signal })) {
    if (event.type === "response.created") stop.abort();
    if (event.type === "culvert.result") assertEquals(event.status, "interrupted");
  }
  await server.closed[0];
  assertEquals((await readTurn(session.turn(HELLO))).result.status, "completed");
  assertEquals(server.handshakes.length, 2);
});

Deno.test("websocket: leaving the loop drops the socket", async () => {
  const [created = {}] = COMPLETE;
  await using server = await socketServer({ replies: [says([created])] });
  using session = await socketSession(server.baseUrl);
  for await (const event of session.turn(HELLO)) {
    if (event.type === "response.created") break;
  }
  await server.closed[0];
});

Deno.test("websocket: a silent server fails as idle, and its pings do not count as an answer", async () => {
  const { result } = await runSocket({ replies: [() => {}] }, {
    transport: "ws",
    provider: { ...ONCE, streamIdleTimeoutMs: 150 },
  });
  assertEquals([result.error?.code, result.transport], ["idle_timeout", "websocket"]);
});

for (
  const [name, reply, code] of [
    [
      "a binary frame",
      (async (socket) => void await socket.send(new Uint8Array([1]))) satisfies Reply,
      "websocket",
    ],
    ["a close in good order", ((socket) => socket.close(1000, "")) satisfies Reply, "stream_closed"],
    ["a close with 1011", ((socket) => socket.close(1011, "oops")) satisfies Reply, "websocket"],
    ["a cut connection", saysAndBreaks(COMPLETE.slice(0, 1)), "reset"],
  ] as const
) {
  Deno.test(`websocket: ${name} before the end is a failure with code ${code}`, async () => {
    const { result } = await runSocket({ replies: [reply] }, { transport: "ws", provider: ONCE });
    assertEquals([result.error?.code, result.exit_code], [code, 5]);
  });
}

Deno.test("websocket: frames that are not events are skipped and counted", async () => {
  const { result, of } = await runSocket({
    replies: [async (socket) => {
      await socket.send("not json");
      await says(COMPLETE)(socket, {});
    }],
  });
  assertEquals([result.status, of("culvert.warning")[0]?.code], ["completed", "events_skipped"]);
});

Deno.test("websocket: a reader that stops reading stops the server", async () => {
  let sent = 0;
  // Random, so that compression does not reduce the amount of buffered data.
  const noise = Array.from(crypto.getRandomValues(new Uint8Array(30_000)), (byte) => byte.toString(16)).join(
    "",
  );
  const piece = JSON.stringify({ type: "response.output_text.delta", delta: noise });
  await using server = await socketServer({
    replies: [async (socket) => {
      while (await socket.send(piece)) sent += piece.length;
    }],
  });
  using session = await socketSession(server.baseUrl);
  const batches = session.turn(HELLO).batches();
  for (let count = 0; count < 3; count++) await batches.next();
  for (let before = -1; before !== sent;) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert(sent < 64 * 1024 * 1024, `${sent} bytes were taken though nobody read them`);
  await batches.return?.();
  await server.closed[0];
});

Deno.test("a session that is closed during a turn leaves no connection open after the turn", async () => {
  const [created, ...rest] = COMPLETE;
  const closed = Promise.withResolvers<void>();
  await using server = await socketServer({
    replies: [async (socket) => {
      await socket.send(JSON.stringify(created));
      await closed.promise;
      for (const event of rest) await socket.send(JSON.stringify(event));
    }],
  });
  const session = await socketSession(server.baseUrl);
  let status: string | undefined;
  for await (const event of session.turn(HELLO)) {
    if (event.type === "response.created") {
      session.close();
      closed.resolve();
    }
    if (event.type === "culvert.result") status = event.status;
  }
  assertEquals(status, "completed");
  const late = new Promise((resolve) =>
    AbortSignal.timeout(5_000).addEventListener("abort", () => resolve("open"))
  );
  assertEquals(await Promise.race([Promise.all(server.closed).then(() => "closed"), late]), "closed");
  session[Symbol.dispose]();
});
