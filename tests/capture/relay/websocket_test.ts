/** Websockets through the relay and the recording thread: real clients and servers of `ws`. */
// @ts-types="@types/ws"
import { type RawData, WebSocket, WebSocketServer } from "ws";
import type { AddressInfo } from "node:net";
import { startReverseRelay } from "../../../lib/capture/relay/reverse_relay.ts";
import type { LoadedCapture } from "../../../lib/capture/record/read/exchanges.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { dialerFor } from "../../net/kit.ts";
import { recordInBackground } from "../record/recording_kit.ts";

const LARGE = 16 * 1024 * 1024;

interface Scene {
  /** The server's end of the connection. */
  readonly server: WebSocket;
  readonly client: WebSocket;
}

/** Opens a websocket through a relay that records, and reads the record after both sides have closed it. */
async function relayed(
  run: (scene: Scene) => Promise<void> | void,
  check: (capture: LoadedCapture) => void,
  options: { readonly perMessageDeflate?: boolean; readonly protocols?: readonly string[] } = {},
): Promise<void> {
  const { perMessageDeflate = false, protocols = [] } = options;
  const sockets = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    perMessageDeflate,
    maxPayload: 2 * LARGE,
    handleProtocols: (offered) => [...offered].at(-1) ?? false,
  });
  await new Promise<void>((resolve) => sockets.once("listening", resolve));
  const address: AddressInfo | string | null = sockets.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await using recording = await recordInBackground();
  recording.clock = performance.now();
  using dialer = await dialerFor();
  const relay = await startReverseRelay({
    dialer,
    modelBase: `http://127.0.0.1:${port}/v1`,
    tap: recording.recorder.tap,
  });
  try {
    const connected = new Promise<WebSocket>((resolve) => sockets.once("connection", resolve));
    const client = new WebSocket(`ws://127.0.0.1:${relay.port}/v1/responses`, [...protocols], {
      perMessageDeflate,
      maxPayload: 2 * LARGE,
    });
    client.on("error", () => {});
    const closed = Promise.all([closing(client), connected.then(closing)]);
    const [server] = await Promise.all([
      connected,
      new Promise<void>((resolve) => client.once("open", resolve)),
    ]);
    server.on("error", () => {});
    await run({ server, client });
    await closed;
  } finally {
    await relay.close();
    await new Promise<void>((resolve) => sockets.close(() => resolve()));
  }
  using capture = await recording.load();
  check(capture);
}

function closing(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

function message(socket: WebSocket): Promise<string> {
  return new Promise((resolve) => socket.once("message", (data: RawData) => resolve(String(data))));
}

for (const perMessageDeflate of [false, true]) {
  const how = perMessageDeflate ? "with permessage-deflate" : "uncompressed";
  Deno.test(`a message of 16 MiB ${how} is relayed in both directions and recorded`, async () => {
    // Random text, so that compression does not make it small.
    const text = Array.from(
      { length: LARGE / 65_536 },
      () => crypto.getRandomValues(new Uint8Array(32_768)).toHex(),
    ).join("");
    await relayed(async ({ server, client }) => {
      const arrived = message(server);
      client.send(text);
      assertEquals(await arrived === text, true);
      const returned = message(client);
      server.send(text);
      assertEquals(await returned === text, true);
      client.close(1000);
    }, (capture) => {
      const messages = capture.exchanges[0]?.messages ?? [];
      assertEquals(messages.map(({ dir, size }) => [dir, size]), [["send", LARGE], ["receive", LARGE]]);
      assertEquals(messages.map((each) => capture.text(each) === text), [true, true]);
    }, { perMessageDeflate });
  });
}

Deno.test("fragments with a ping between them are one message, and the ping is relayed", async () => {
  await relayed(async ({ server, client }) => {
    const pinged = new Promise<string>((resolve) =>
      client.once("ping", (data: Uint8Array) => resolve(String(data)))
    );
    const ponged = new Promise<string>((resolve) =>
      server.once("pong", (data: Uint8Array) => resolve(String(data)))
    );
    const arrived = message(client);
    server.send('{"type":"part', { fin: false });
    server.ping("in between");
    server.send('ial"}', { fin: true });
    assertEquals(await arrived, '{"type":"partial"}');
    assertEquals([await pinged, await ponged], ["in between", "in between"]);
    server.close(1000);
  }, (capture) => {
    const messages = capture.exchanges[0]?.messages ?? [];
    assertEquals(messages.map(({ opcode, dir }) => [opcode, dir]), [
      [9, "receive"],
      [1, "receive"],
      [10, "send"],
    ]);
  });
});

for (const code of [1000, 1001, 1008, 1011, 1012, 1013, 1014, 3000, 4001, 4999]) {
  Deno.test(`the close code ${code} and its reason are relayed from the server and from the client`, async () => {
    for (const by of ["server", "client"] as const) {
      const seen: [number, string][] = [];
      await relayed((scene) => {
        const other = by === "server" ? scene.client : scene.server;
        other.once("close", (closed, reason) => void seen.push([closed, String(reason)]));
        scene[by].close(code, "the reason");
      }, (capture) => {
        const { close } = capture.exchanges[0] ?? {};
        assertEquals([close?.code, close?.reason, close?.by], [code, "the reason", by]);
      });
      assertEquals(seen, [[code, "the reason"]]);
    }
  });
}

Deno.test("a close frame without a code keeps none, and an end without a close frame remains 1006", async () => {
  for (const by of ["server", "client"] as const) {
    for (const [end, code] of [["close", 1005], ["terminate", 1006]] as const) {
      const seen: number[] = [];
      await relayed((scene) => {
        const other = by === "server" ? scene.client : scene.server;
        other.once("close", (closed) => void seen.push(closed));
        scene[by][end]();
      }, (capture) => {
        const { close } = capture.exchanges[0] ?? {};
        assertEquals([close?.code, close?.by], [code, by]);
      });
      assertEquals(seen, [code]);
    }
  }
});

Deno.test("the subprotocol that the server selects reaches the client and the record", async () => {
  let chosen = "";
  await relayed(
    ({ client }) => {
      chosen = client.protocol;
      client.close();
    },
    (capture) => assertEquals(capture.exchanges[0]?.open?.subprotocol, "second"),
    { protocols: ["first", "second"] },
  );
  assertEquals(chosen, "second");
});

Deno.test("a client that does not read stops the server, and receives everything later", async () => {
  const piece = "x".repeat(1024 * 1024);
  const count = 96;
  await relayed(async ({ server, client }) => {
    client.pause();
    let sent = 0;
    const sending = (async () => {
      while (sent < count) {
        await new Promise<void>((resolve, reject) =>
          server.send(piece, (error) => error ? reject(error) : resolve())
        );
        sent++;
      }
    })();
    let before = -1;
    while (before !== sent) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 700));
    }
    assert(sent < count / 2, `${sent} MiB were taken for a client that does not read`);
    let received = 0;
    const all = new Promise<void>((resolve) => client.on("message", () => ++received === count && resolve()));
    client.resume();
    await Promise.all([all, sending]);
    client.close();
  }, (capture) => assertEquals(capture.exchanges[0]?.messages.length, count));
});
