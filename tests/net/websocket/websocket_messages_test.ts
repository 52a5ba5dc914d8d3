import { assert, assertEquals } from "../../support/assert.ts";
import { dialerFor, failureOf, LEAF } from "../kit.ts";
import { BINARY, CLOSE, frame, type Peer, PING, PONG, TEXT, websocketServer } from "./websocket_server.ts";
import { open, receive } from "./websocket_kit.ts";

Deno.test("fragments are reassembled, and pings between them are answered", async () => {
  const pongs: string[] = [];
  await using server = websocketServer(async (peer) => {
    await peer.accept();
    await peer.send(TEXT, "one ", false);
    await peer.send(PING, "are you there");
    await peer.send(0, "two ", false);
    await peer.send(0, "three");
    const { opcode, payload } = await peer.readFrame();
    if (opcode === PONG) pongs.push(new TextDecoder().decode(payload));
    await peer.send(TEXT, "done");
    await peer.gone();
  }, LEAF);
  using dialer = await dialerFor();
  const channel = await open(dialer, `wss://localhost:${server.port}/`);
  assertEquals(await receive(channel, 2), ["one two three", "done"]);
  assertEquals(pongs, ["are you there"]);
  channel.drop();
});

Deno.test("an idle channel answers pings without a pending read, and its own ping detects whether the peer is alive", async () => {
  const { promise: ponged, resolve } = Promise.withResolvers<Uint8Array>();
  await using alive = websocketServer(async (peer) => {
    await peer.accept();
    await peer.send(PING, "idle");
    resolve((await peer.readFrame()).payload);
    const { opcode, payload } = await peer.readFrame();
    if (opcode === PING) await peer.send(PONG, payload);
    await peer.gone();
  }, LEAF);
  await using dead = websocketServer(async (peer) => {
    await peer.accept();
    await peer.gone();
  }, LEAF);
  using dialer = await dialerFor();
  const channel = await open(dialer, `wss://localhost:${alive.port}/`);
  assertEquals(new TextDecoder().decode(await ponged), "idle");
  await channel.ping(10_000);
  channel.drop();
  const silent = await open(dialer, `wss://localhost:${dead.port}/`);
  const error = await failureOf(silent.ping(100));
  assertEquals(error.code, "idle_timeout");
  silent.drop();
});

Deno.test("each kind of end has its own result, and earlier messages are delivered first", async (t) => {
  const rows: readonly {
    readonly name: string;
    readonly end: (peer: Peer) => Promise<void>;
    readonly code?: string;
    readonly closeCode?: number;
    readonly reply?: number;
  }[] = [
    { name: "code 1000 is a normal end", end: (peer) => peer.closeWith(1000), reply: 1000 },
    { name: "a close frame without a code is a normal end", end: (peer) => peer.send(CLOSE, "") },
    {
      name: "code 1001: going away",
      end: (peer) => peer.closeWith(1001, "restart"),
      code: "websocket",
      closeCode: 1001,
      reply: 1001,
    },
    {
      name: "code 1008: policy violation",
      end: (peer) => peer.closeWith(1008, "policy"),
      code: "websocket",
      closeCode: 1008,
      reply: 1008,
    },
    {
      name: "code 1009: message too big",
      end: (peer) => peer.closeWith(1009),
      code: "websocket",
      closeCode: 1009,
      reply: 1009,
    },
    {
      name: "code 1011: internal server error",
      end: (peer) => peer.closeWith(1011, "oops"),
      code: "websocket",
      closeCode: 1011,
      reply: 1011,
    },
    {
      name: "code 4000: defined by the application",
      end: (peer) => peer.closeWith(4000),
      code: "websocket",
      closeCode: 4000,
      reply: 4000,
    },
    {
      name: "the connection ends without a close frame",
      end: (peer) => Promise.resolve(peer.close()),
      code: "reset",
    },
    {
      name: "a binary frame",
      end: (peer) => peer.send(BINARY, "x"),
      code: "websocket",
      closeCode: 1003,
      reply: 1003,
    },
    {
      name: "a text frame that is not UTF-8",
      end: (peer) => peer.send(TEXT, Uint8Array.of(0xff, 0xfe)),
      code: "websocket",
      closeCode: 1007,
      reply: 1007,
    },
    {
      name: "a reserved opcode",
      end: (peer) => peer.send(5, "x"),
      code: "websocket",
      closeCode: 1002,
      reply: 1002,
    },
    {
      name: "a message above the limit",
      end: (peer) => peer.send(TEXT, "x".repeat(2000)),
      code: "message_too_large",
      reply: 1009,
    },
    {
      name: "fragments that exceed the limit together",
      end: async (peer) => {
        await peer.send(TEXT, "x".repeat(600), false);
        await peer.send(0, "x".repeat(600));
      },
      code: "message_too_large",
      reply: 1009,
    },
  ];
  for (const row of rows) {
    await t.step(row.name, async () => {
      const { promise: reply, resolve } = Promise.withResolvers<number | undefined>();
      await using server = websocketServer(async (peer) => {
        await peer.accept();
        await peer.send(TEXT, "first");
        await row.end(peer);
        const closing = await peer.readFrame().catch(() => undefined);
        resolve(
          closing?.opcode === CLOSE && closing.payload.length >= 2
            ? (closing.payload[0] ?? 0) * 256 + (closing.payload[1] ?? 0)
            : undefined,
        );
        await peer.gone();
      }, LEAF);
      using dialer = await dialerFor();
      const channel = await open(dialer, `wss://localhost:${server.port}/`, { maxMessageBytes: 1000 });
      assertEquals(await channel.receive(), ["first"]);
      if (row.code === undefined) {
        assertEquals(await channel.receive(), []);
        assertEquals(await channel.receive(), []);
      } else {
        const error = await failureOf(channel.receive());
        assertEquals(error.code, row.code, error.message);
        if (row.closeCode !== undefined) assertEquals(error.details["close_code"], row.closeCode);
        assertEquals(await failureOf(channel.receive()), error);
      }
      assertEquals(channel.isOpen, false);
      assertEquals(await reply, row.reply);
      await failureOf(channel.send("late"));
      channel.drop();
    });
  }
});

Deno.test("drop() ends everything immediately: it sends no close frame, rejects pending calls and leaves nothing open", async () => {
  let frames = 0;
  const { promise: left, resolve } = Promise.withResolvers<void>();
  await using server = websocketServer(async (peer) => {
    await peer.accept();
    await peer.readFrame().then(() => frames++, () => undefined);
    resolve();
  }, LEAF);
  using dialer = await dialerFor();
  const channel = await open(dialer, `wss://localhost:${server.port}/`);
  const receiving = failureOf(channel.receive());
  const pinging = failureOf(channel.ping(60_000));
  channel.drop();
  channel.drop();
  assertEquals([(await receiving).code, (await pinging).code], ["websocket", "websocket"]);
  await left;
  assert(frames <= 1);
  await failureOf(channel.send("x"));
});

Deno.test("a write to a disconnected peer fails", async () => {
  await using server = websocketServer(async (peer) => {
    await peer.accept();
    peer.close();
  }, LEAF);
  using dialer = await dialerFor();
  const channel = await open(dialer, `wss://localhost:${server.port}/`);
  const error = await failureOf((async () => {
    for (let count = 0; count < 100; count++) await channel.send("x".repeat(100_000));
  })());
  assertEquals(error.code, "reset");
  channel.drop();
});

Deno.test("a reader that does not read stops the sender, and no message is lost", async () => {
  const total = 20_000;
  let sent = 0;
  await using server = websocketServer(async (peer) => {
    await peer.accept();
    for (; sent < total; sent++) await peer.send(TEXT, `${sent} ${"x".repeat(1000)}`);
    await peer.closeWith(1000);
    await peer.gone();
  }, LEAF);
  using dialer = await dialerFor();
  const channel = await open(dialer, `wss://localhost:${server.port}/`);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert(sent < total, "everything was swallowed with nobody reading");
  // The queue is full, but the peer is alive.
  await channel.ping(1000);
  let next = 0;
  for (;;) {
    const batch = await channel.receive();
    if (batch.length === 0) break;
    for (const message of batch) assertEquals(message.slice(0, message.indexOf(" ")), String(next++));
  }
  assertEquals(next, total);
  channel.drop();
});

Deno.test("a peer that leaves while the channel is idle is detected without a read or a write", async (t) => {
  for (const [name, leave] of [["with a close frame", 1000], ["without one", undefined]] as const) {
    await t.step(name, async () => {
      await using server = websocketServer(async (peer) => {
        await peer.accept();
        if (leave !== undefined) await peer.closeWith(leave);
      }, LEAF);
      using dialer = await dialerFor();
      const channel = await open(dialer, `wss://localhost:${server.port}/`);
      while (channel.isOpen) await new Promise((resolve) => setTimeout(resolve, 5));
      await failureOf(channel.ping(60_000));
      await failureOf(channel.send("x"));
      channel.drop();
    });
  }
});

Deno.test("drop() does not wait for a peer that reads nothing, however many bytes are queued", async () => {
  const { promise: dropped, resolve: wasDropped } = Promise.withResolvers<void>();
  await using server = websocketServer(async (peer) => {
    await peer.accept();
    await dropped;
  });
  using dialer = await dialerFor();
  const channel = await open(dialer, `ws://localhost:${server.port}/`);
  const sending = failureOf(channel.send("x".repeat(50_000_000)));
  await new Promise((resolve) => setTimeout(resolve, 100));
  const begin = performance.now();
  channel.drop();
  await sending;
  const took = performance.now() - begin;
  wasDropped();
  assert(took < 1000, `${took} ms`);
});

Deno.test("for a peer that does not read, only the latest ping is answered", async () => {
  const PINGS = 200_000;
  const { promise: counted, resolve, reject } = Promise.withResolvers<readonly [number, string]>();
  await using server = websocketServer(async (peer) => {
    await peer.accept();
    const one = frame(PING, "x".repeat(125));
    const many = new Uint8Array(one.length * 1000);
    for (let at = 0; at < many.length; at += one.length) many.set(one, at);
    for (let sent = 0; sent < PINGS; sent += 1000) await peer.write(many);
    await peer.send(PING, "last");
    let pongs = 0;
    for (;;) {
      const { payload } = await peer.readFrame();
      pongs++;
      if (payload.length === 4) return resolve([pongs, new TextDecoder().decode(payload)]);
    }
  });
  using dialer = await dialerFor();
  const channel = await open(dialer, `ws://localhost:${server.port}/`);
  AbortSignal.timeout(60_000).addEventListener("abort", () => reject(new Error("No pong for the last ping")));
  const [pongs, last] = await counted;
  assertEquals(last, "last");
  assert(pongs < PINGS, `${pongs} pongs`);
  channel.drop();
});
