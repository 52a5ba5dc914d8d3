// @ts-types="@types/ws"
import { WebSocket, WebSocketServer } from "ws";
import type { AddressInfo } from "node:net";
import { assert, assertEquals } from "../../support/assert.ts";
import { record } from "./recording_kit.ts";
import { startTappedRelay } from "./tapped_relay.ts";

const LONG = "a long text with many repetitions. ".repeat(500_000);

for (const perMessageDeflate of [true, false]) {
  const how = perMessageDeflate ? "with permessage-deflate" : "uncompressed";
  Deno.test(`websocket messages ${how} are recorded in both directions, fragments and pings included`, async () => {
    const server = new WebSocketServer({
      host: "127.0.0.1",
      port: 0,
      perMessageDeflate,
      handleProtocols: () => "codex",
    });
    await new Promise<void>((resolve) => server.once("listening", resolve));
    const address: AddressInfo | string | null = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    server.on("connection", (socket) => {
      socket.on("message", (data) => {
        socket.send(JSON.stringify({ type: "response.created", response: { id: "resp_1", model: "gpt-5" } }));
        socket.ping("are you there");
        socket.send('{"type":"part', { fin: false });
        socket.send('ial"}', { fin: true });
        socket.send(new Uint8Array([1, 2, 255]), { binary: true });
        socket.send(String(data));
        socket.close(4001, "enough");
      });
    });
    await using recording = await record({ maxBytes: 1e9 });
    recording.clock = performance.now();
    await using relay = await startTappedRelay(port, recording.recorder.tap);
    const client = new WebSocket(`ws://127.0.0.1:${relay.port}/v1/responses`, ["codex"], {
      perMessageDeflate,
      headers: { authorization: "Bearer sk-proj-abcdefghijklmnop0123456789" },
    });
    const closed = new Promise<number>((resolve) => client.once("close", resolve));
    await new Promise<void>((resolve) => client.once("open", resolve));
    client.send(JSON.stringify({ type: "response.create", text: LONG }));
    assertEquals(await closed, 4001);
    await relay[Symbol.asyncDispose]();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    using capture = await recording.load();
    const [exchange] = capture.exchanges;
    assert(exchange !== undefined);
    assertEquals(exchange.open?.status, 101);
    assertEquals(exchange.open?.subprotocol, "codex");
    assertEquals(
      exchange.open?.extensions?.startsWith("permessage-deflate"),
      perMessageDeflate ? true : undefined,
    );
    const messages = exchange.messages.filter(({ opcode }) => opcode < 8);
    assertEquals(messages.map(({ dir, opcode, json_type }) => [dir, opcode, json_type]), [
      ["send", 1, "response.create"],
      ["receive", 1, "response.created"],
      ["receive", 1, "partial"],
      ["receive", 2, undefined],
      ["receive", 1, "response.create"],
    ]);
    assertEquals(messages[1]?.tags, { response_id: "resp_1", model: "gpt-5" });
    assertEquals(messages[2]?.response_id, "resp_1");
    assertEquals(messages.map((message) => capture.text(message)).slice(2, 4), [
      '{"type":"partial"}',
      "AQL/",
    ]);
    assertEquals(JSON.parse(capture.text(messages[0]) ?? "").text, LONG);
    assertEquals(capture.text(messages[4]), capture.text(messages[0]));
    assert(exchange.messages.some(({ opcode, dir }) => opcode === 9 && dir === "receive"));
    assertEquals([exchange.close?.code, exchange.close?.reason, exchange.close?.by], [
      4001,
      "enough",
      "server",
    ]);
    assertEquals(
      exchange.request?.headers.find(([name]) => name === "authorization")?.[1].startsWith(
        "Bearer [REDACTED:",
      ),
      true,
    );
  });
}

Deno.test("a websocket whose connection is cut is recorded as closed with 1006", async () => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise<void>((resolve) => server.once("listening", resolve));
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  server.on("connection", (socket) => socket.on("message", () => socket.terminate()));
  await using recording = await record();
  await using relay = await startTappedRelay(port, recording.recorder.tap);
  const client = new WebSocket(`ws://127.0.0.1:${relay.port}/v1/responses`);
  client.once("open", () => client.send("{}"));
  await new Promise<void>((resolve) => client.once("close", () => resolve()));
  await relay[Symbol.asyncDispose]();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  using capture = await recording.load();
  assertEquals(capture.exchanges[0]?.close?.code, 1006);
  assertEquals(capture.exchanges[0]?.close?.by, "server");
  assertEquals(capture.exchanges[0]?.messages.length, 1);
});

Deno.test("a websocket with invalid extensions is recorded without its messages, and the recording stays complete", async () => {
  for (const extensions of ["permessage-deflate; server_max_window_bits=99", ';;;===,"']) {
    await using recording = await record();
    const tap = recording.recorder.tap({ exchangeId: 1, connectionId: 1 });
    const at = recording.clock;
    tap.head({ direction: "request", at, method: "GET", url: "https://x.test/v1/responses", rawHeaders: [] });
    const rawHeaders = ["Sec-WebSocket-Extensions", extensions];
    tap.upgrade({ direction: "response", at, status: 101, reason: "", rawHeaders });
    tap.bytes("response", new TextEncoder().encode("\x81\x02hi"), at);
    tap.end({ direction: "response", at, outcome: "complete" });
    tap.end({ direction: "request", at, outcome: "complete" });
    using capture = await recording.load();
    assertEquals(recording.recorder.summary().failure, undefined);
    const [exchange] = capture.exchanges;
    assertEquals(exchange?.open?.status, 101);
    assertEquals(exchange?.close?.decode_error?.startsWith("Sec-WebSocket-Extensions: "), true);
  }
});
