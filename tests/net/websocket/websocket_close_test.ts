import { raceAbort } from "../../../lib/async/race_abort.ts";
import { assert, assertEquals, assertIncludes, assertRejects } from "../../support/assert.ts";
import { dialerFor, failureOf, LEAF } from "../kit.ts";
import { BINARY, CLOSE, TEXT, websocketServer } from "./websocket_server.ts";
import { open, receive } from "./websocket_kit.ts";

const LIMIT = { signal: AbortSignal.timeout(60_000) };

Deno.test("the subprotocols are offered in order, and the accepted one is reported", async () => {
  await using server = websocketServer(async (peer) => {
    await peer.accept(`Sec-WebSocket-Protocol: realtime`);
    await peer.send(TEXT, peer.headers.get("sec-websocket-protocol") ?? "");
    await peer.gone();
  }, LEAF);
  using dialer = await dialerFor();
  const channel = await open(dialer, `wss://localhost:${server.port}/`, {
    subprotocols: ["v2", "realtime"],
    // The caller's value must not be sent in addition.
    headers: { "sec-websocket-protocol": "x" },
  });
  assertEquals(channel.subprotocol, "realtime");
  assertEquals(await receive(channel, 1), ["v2, realtime"]);
  channel.drop();
});

Deno.test("binary and text messages are sent and received in order", async () => {
  await using server = websocketServer(async (peer) => {
    await peer.accept();
    for (;;) {
      const { opcode, payload } = await peer.readFrame();
      await peer.send(opcode, payload);
    }
  }, LEAF);
  using dialer = await dialerFor();
  const channel = await open(dialer, `wss://localhost:${server.port}/`);
  assertEquals(channel.subprotocol, undefined);
  const audio = crypto.getRandomValues(new Uint8Array(40_000));
  const sent = ["start", audio, "more", new Uint8Array(0)];
  for (const message of sent) await channel.send(message);
  const received = [];
  while (received.length < sent.length) received.push(...await channel.receiveMessages(LIMIT.signal));
  assertEquals(received, sent);
  channel.drop();
});

Deno.test("text before a binary message is delivered before the binary message fails a text reader", async () => {
  const { promise: closed, resolve } = Promise.withResolvers<number>();
  await using server = websocketServer(async (peer) => {
    await peer.accept();
    await peer.readFrame();
    await peer.send(TEXT, "one");
    await peer.send(BINARY, "two");
    const { payload } = await peer.readFrame();
    resolve((payload[0] ?? 0) * 256 + (payload[1] ?? 0));
  }, LEAF);
  using dialer = await dialerFor();
  const channel = await open(dialer, `wss://localhost:${server.port}/`);
  await channel.send("go");
  assertEquals(await receive(channel, 1), ["one"]);
  const error = await failureOf(channel.receive(LIMIT.signal));
  assertEquals([error.code, error.details["close_code"]], ["websocket", 1003]);
  assertIncludes(error.message, "binary");
  assertEquals(await closed, 1003);
  assertEquals(channel.closeInformation, { code: 1003, reason: "", clean: false });
});

Deno.test("close() sends code and reason, waits for the peer's close frame and reports it", async () => {
  const { promise: seen, resolve } = Promise.withResolvers<readonly [number, string]>();
  await using server = websocketServer(async (peer) => {
    await peer.accept();
    const { opcode, payload } = await peer.readFrame();
    assertEquals(opcode, CLOSE);
    resolve([(payload[0] ?? 0) * 256 + (payload[1] ?? 0), new TextDecoder().decode(payload.slice(2))]);
    // Messages after the client's close frame are discarded.
    await peer.send(TEXT, "late");
    await peer.closeWith(3999, "bye");
    await peer.gone();
  }, LEAF);
  using dialer = await dialerFor();
  const channel = await open(dialer, `wss://localhost:${server.port}/`);
  const waiting = channel.receive(LIMIT.signal);
  assertEquals(channel.closeInformation, undefined);
  // A reason is cut to 123 bytes, between two characters.
  const information = await channel.close(4001, "ä".repeat(100));
  assertEquals(information, { code: 3999, reason: "bye", clean: true });
  assertEquals(channel.closeInformation, information);
  assertEquals(await seen, [4001, "ä".repeat(61)]);
  assertEquals(await waiting, []);
  assert(!channel.isOpen);
  assertEquals((await failureOf(channel.send("x"))).code, "reset");
  // A second call returns what is known.
  assertEquals(await channel.close(), information);
});

Deno.test("a peer that does not answer a close frame does not delay the caller", async () => {
  await using server = websocketServer(async (peer) => {
    await peer.accept();
    await peer.gone();
  }, LEAF);
  using dialer = await dialerFor();
  const channel = await open(dialer, `wss://localhost:${server.port}/`);
  assertEquals(await channel.close(1000, "", 50), { code: 1006, reason: "", clean: false });
  assertEquals(await channel.receive(), []);
});

Deno.test("a websocket that is not used is closed here too when its peer has ended it", async () => {
  const { promise: left, resolve } = Promise.withResolvers<void>();
  await using server = websocketServer(async (peer) => {
    await peer.accept();
    await peer.end();
    await peer.gone();
    resolve();
  });
  using dialer = await dialerFor();
  const channel = await open(dialer, `ws://127.0.0.1:${server.port}/`);
  await raceAbort(left, AbortSignal.timeout(5_000)).finally(() => channel.drop());
});

Deno.test("an invalid close code is refused, and the channel stays open", async () => {
  await using server = websocketServer(async (peer) => {
    await peer.accept();
    await peer.send(TEXT, "open");
    await peer.gone();
  }, LEAF);
  using dialer = await dialerFor();
  const channel = await open(dialer, `wss://localhost:${server.port}/`);
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000]) {
    await assertRejects(channel.close(code), (error: unknown) => error instanceof RangeError);
  }
  assertEquals(await receive(channel, 1), ["open"]);
  channel.drop();
});
