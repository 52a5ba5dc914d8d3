import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { dialerFor, failureOf } from "../kit.ts";

/** A server of `ws` that compresses, and what it received. */
async function compressingServer(onMessage: (text: string) => readonly string[]) {
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: { threshold: 0 } });
  const extensions: string[] = [];
  server.on("connection", (socket) => {
    extensions.push(socket.extensions);
    socket.on("message", (data) => onMessage(data.toString()).forEach((text) => socket.send(text)));
    // A client that drops its socket is what is expected here.
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

Deno.test("compression is agreed on and used both ways, order kept", async () => {
  const texts = Array.from({ length: 200 }, (_, index) => `${index} ${"wörld ".repeat(index)}`);
  await using server = await compressingServer((text) => [text]);
  using dialer = await dialerFor();
  const outcome = await dialer.openWebSocket({
    url: new URL(`ws://localhost:${server.port}/`),
    headers: {},
    connectTimeoutMs: 10_000,
  });
  if (outcome.kind !== "open") throw new Error("refused");
  const { channel } = outcome;
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

Deno.test("a message that inflates above the limit is refused, not swallowed", async () => {
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
