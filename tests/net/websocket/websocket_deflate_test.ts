import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import type { Dialer } from "../../../lib/net/dialer/dialer.ts";
import type { WebSocketChannel } from "../../../lib/net/websocket/websocket.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { dialerFor, failureOf } from "../kit.ts";

/** A server of `ws` that compresses, and what it received. */
async function compressingServer(onMessage: (text: string) => readonly string[]) {
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: { threshold: 0 } });
  const extensions: string[] = [];
  server.on("connection", (socket) => {
    extensions.push(socket.extensions);
    socket.on("message", (data) => onMessage(data.toString()).forEach((text) => socket.send(text)));
    // The client is expected to drop its socket.
    socket.on("error", () => socket.terminate());
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", () => resolve()));
  const address = http.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  return {
    port: address.port,
    extensions,
    [Symbol.asyncDispose]: async () => {
      for (const client of server.clients) client.terminate();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}

async function opened(dialer: Dialer, port: number): Promise<WebSocketChannel> {
  const outcome = await dialer.openWebSocket({
    url: new URL(`ws://localhost:${port}/`),
    headers: {},
    connectTimeoutMs: 10_000,
  });
  if (outcome.kind !== "open") throw new Error("refused");
  return outcome.channel;
}

Deno.test("compression is negotiated and used in both directions, in order", async () => {
  const texts = Array.from({ length: 200 }, (_, index) => `${index} ${"wörld ".repeat(index)}`);
  await using server = await compressingServer((text) => [text]);
  using dialer = await dialerFor();
  const channel = await opened(dialer, server.port);
  assertIncludes(channel.headers.get("sec-websocket-extensions") ?? "", "permessage-deflate");
  const sending = (async () => {
    for (const text of texts) await channel.send(text);
  })();
  const received: string[] = [];
  while (received.length < texts.length) received.push(...await channel.receive());
  await sending;
  assertEquals(received, texts);
  assertEquals(server.extensions, ["permessage-deflate"]);
  channel.drop();
});

Deno.test("a message that inflates above the limit is refused with an error", async () => {
  await using server = await compressingServer(() => ["x".repeat(1_000_000)]);
  using dialer = await dialerFor();
  const outcome = await dialer.openWebSocket({
    url: new URL(`ws://localhost:${server.port}/`),
    headers: {},
    connectTimeoutMs: 10_000,
    maxMessageBytes: 100_000,
  });
  if (outcome.kind !== "open") throw new Error("refused");
  const { channel } = outcome;
  await channel.send("go");
  const error = await failureOf(channel.receive());
  assertEquals(error.code, "message_too_large");
  assertIncludes(error.message, "100000 bytes");
  channel.drop();
});

for (
  const [name, size, count] of [["one message of 60 MB", 60_000_000, 1], [
    "many messages of 100 kB",
    100_000,
    1_000,
  ]] as const
) {
  Deno.test(`compressed messages that expand a thousandfold are refused with an error that names the limit: ${name}`, async () => {
    const text = "a".repeat(size);
    await using server = await compressingServer(() => Array.from({ length: count }, () => text));
    using dialer = await dialerFor();
    const channel = await opened(dialer, server.port);
    await channel.send("go");
    let received = 0;
    const error = await failureOf((async () => {
      for (let most = 0; most < 10_000; most++) {
        received += (await channel.receive(AbortSignal.timeout(30_000))).join("").length;
      }
    })());
    assertEquals(error.code, "message_too_large");
    assertIncludes(error.message, "times, which is not plausible for a stream of events");
    assert(received <= 80 * 1024 * 1024, `${received}`);
    channel.drop();
  });
}

Deno.test("repetitive messages of normal size are accepted although they compress well", async () => {
  const event = JSON.stringify({ type: "response.output_text.delta", item_id: "msg_1", delta: "word " });
  const count = 40_000;
  await using server = await compressingServer(() => Array.from({ length: count }, (_, n) => `${event}${n}`));
  using dialer = await dialerFor();
  const channel = await opened(dialer, server.port);
  await channel.send("go");
  let received = 0;
  while (received < count) received += (await channel.receive(AbortSignal.timeout(30_000))).length;
  assertEquals(received, count);
  channel.drop();
});

Deno.test("a channel that is dropped while a message is inflated ends without another error", async () => {
  const text = Array.from({ length: 400_000 }, (_, index) => `word ${index * 7919}`).join(" ");
  await using server = await compressingServer(() => ["first", text, text]);
  using dialer = await dialerFor();
  for (const afterMs of [0, 40, 80, 160, 320]) {
    const channel = await opened(dialer, server.port);
    await channel.send("now");
    await channel.receive();
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    channel.drop();
  }
  // A decompressor that was released too early throws an uncaught error, which fails this case.
  await new Promise((resolve) => setTimeout(resolve, 300));
});
