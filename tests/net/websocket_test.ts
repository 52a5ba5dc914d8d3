import type { Dialer, WebSocketChannel, WebSocketRequest } from "../../lib/net/dialer.ts";
import { startProxy } from "../support/proxy.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertRejects } from "../support/assert.ts";
import { deafPort, dialerFor, everythingOf, failureOf, LEAF, rawServer, trusting } from "./kit.ts";
import { BINARY, CLOSE, type Peer, PING, PONG, TEXT, websocketServer } from "./websocket_server.ts";

function ask(url: string, over: Partial<WebSocketRequest> = {}): WebSocketRequest {
  return { url: new URL(url), headers: {}, connectTimeoutMs: 10_000, ...over };
}

async function open(
  dialer: Dialer,
  url: string,
  over: Partial<WebSocketRequest> = {},
): Promise<WebSocketChannel> {
  const outcome = await dialer.openWebSocket(ask(url, over));
  if (outcome.kind !== "open") throw new Error(`Refused: ${outcome.status} ${outcome.body}`);
  return outcome.channel;
}

/** Accepts, then answers each text with the same, until the client leaves. */
async function echo(peer: Peer): Promise<void> {
  await peer.accept("X-Reasoning-Included: true");
  for (;;) await peer.send(TEXT, `echo ${await peer.readText()}`);
}

/** Receives so many messages, however they are batched. */
async function receive(channel: WebSocketChannel, count: number): Promise<string[]> {
  const messages: string[] = [];
  while (messages.length < count) messages.push(...await channel.receive());
  return messages;
}

Deno.test("a websocket opens by every route, credentials and all, and carries messages both ways", async (t) => {
  await using secure = websocketServer(echo, LEAF);
  await using plain = websocketServer(echo);
  for (const scheme of ["none", "http", "https", "socks5", "socks5h"]) {
    for (const [target, port] of [["wss", secure.port], ["ws", plain.port]] as const) {
      await t.step(`${target} by ${scheme}`, async () => {
        await using proxy = await startProxy({
          credentials: "zora:p@ss",
          ...(scheme === "https" ? { tls: LEAF } : {}),
        });
        using dialer = await dialerFor({
          proxy: scheme === "none" ? "none" : `${scheme}://zora:p%40ss@localhost:${proxy.port}`,
        });
        const channel = await open(dialer, `${target}://localhost:${port}/v1/responses`);
        assertEquals(channel.headers.get("x-reasoning-included"), "true");
        assertEquals(channel.route.kind, scheme === "none" ? "direct" : "proxy");
        assertEquals(channel.isOpen, true);
        await channel.send("hi");
        await channel.send("ü".repeat(70_000));
        assertEquals(await receive(channel, 2), ["echo hi", `echo ${"ü".repeat(70_000)}`]);
        channel.drop();
        assertEquals(channel.isOpen, false);
        assertEquals(
          proxy.seen.map(({ form, target, credentials }) => [form, target, credentials]),
          scheme === "none"
            ? []
            : [[scheme.startsWith("socks") ? "socks5" : "connect", `localhost:${port}`, "zora:p@ss"]],
        );
      });
    }
  }
});

Deno.test("the handshake carries the caller's headers once, and those of the protocol", async () => {
  let seen = new Headers();
  let requestLine = "";
  await using server = websocketServer(async (peer) => {
    seen = peer.headers;
    requestLine = peer.requestLine;
    await echo(peer);
  }, LEAF);
  using dialer = await dialerFor();
  const channel = await open(dialer, `wss://localhost:${server.port}/v1/responses?a=b`, {
    headers: { Authorization: "Bearer t", "OpenAI-Beta": "x", Host: "evil", Upgrade: "h2c" },
  });
  channel.drop();
  assertEquals(requestLine, "GET /v1/responses?a=b HTTP/1.1");
  assertEquals(
    ["authorization", "openai-beta", "host", "upgrade", "connection", "sec-websocket-version", "user-agent"]
      .map((
        name,
      ) => seen.get(name)),
    ["Bearer t", "x", `localhost:${server.port}`, "websocket", "Upgrade", "13", "culvert-test/0"],
  );
  assertIncludes(seen.get("sec-websocket-extensions") ?? "", "permessage-deflate");
});

Deno.test("a refused upgrade is an answer: status, headers and body", async (t) => {
  const long = "x".repeat(100_000);
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
  const rows: readonly (readonly [string, string, number, string])[] = [
    [
      "401 with length",
      'HTTP/1.1 401 Unauthorized\r\nX-Request-Id: req_1\r\nCF-Ray: ray\r\nContent-Length: 9\r\n\r\n{"a":"b"}',
      401,
      '{"a":"b"}',
    ],
    [
      "401 in chunks",
      `HTTP/1.1 401 Unauthorized\r\nX-Request-Id: req_1\r\nTransfer-Encoding: chunked\r\n\r\n${chunk("abc")}${
        chunk("def")
      }0\r\n\r\n`,
      401,
      "abcdef",
    ],
    ["426", "HTTP/1.1 426 Upgrade Required\r\nX-Request-Id: req_1\r\nContent-Length: 0\r\n\r\n", 426, ""],
    [
      "a stripped upgrade answered 200",
      "HTTP/1.1 200 OK\r\nX-Request-Id: req_1\r\nContent-Length: 5\r\n\r\nhello",
      200,
      "hello",
    ],
    [
      "404 until the end",
      "HTTP/1.0 404 Not Found\r\nX-Request-Id: req_1\r\n\r\nnothing here",
      404,
      "nothing here",
    ],
    [
      "behind an early hint",
      "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 403 Forbidden\r\nX-Request-Id: req_1\r\nContent-Length: 2\r\n\r\nno",
      403,
      "no",
    ],
    [
      "a long body",
      `HTTP/1.1 500 Oh\r\nX-Request-Id: req_1\r\nContent-Length: 100000\r\n\r\n${long}`,
      500,
      long.slice(0, 65_536),
    ],
  ];
  for (const [name, answer, status, body] of rows) {
    await t.step(name, async () => {
      await using server = websocketServer((peer) => peer.write(answer), LEAF);
      using dialer = await dialerFor();
      const outcome = await dialer.openWebSocket(ask(`wss://localhost:${server.port}/`));
      assert(outcome.kind === "refused");
      assertEquals([outcome.status, outcome.body, outcome.headers.get("x-request-id")], [
        status,
        body,
        "req_1",
      ]);
    });
  }
});

Deno.test("what a refusal does not finish to say does not hold it up", async () => {
  await using server = websocketServer(async (peer) => {
    await peer.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 900\r\n\r\nhalf");
    await peer.gone();
  }, LEAF);
  using dialer = await dialerFor();
  const outcome = await dialer.openWebSocket(ask(`wss://localhost:${server.port}/`));
  assert(outcome.kind === "refused");
  assertEquals([outcome.status, outcome.body], [401, "half"]);
});

Deno.test("failures on the way have the codes and the explanation of HTTP", async (t) => {
  await using server = websocketServer(echo, LEAF);
  await t.step("an unknown issuer", async () => {
    using dialer = await dialerFor({ trust: trusting() });
    const error = await failureOf(dialer.openWebSocket(ask(`wss://localhost:${server.port}/`)));
    assertEquals(error.code, "tls_unknown_issuer");
    assertIncludes(error.hint ?? "", 'issued by "CN=Culvert Test CA"');
    assertIncludes(error.hint ?? "", `culvert doctor https://localhost:${server.port}`);
  });
  await t.step("407", async () => {
    await using proxy = await startProxy({
      fault: { kind: "status", status: 407, headers: ["Proxy-Authenticate: NTLM"] },
    });
    using dialer = await dialerFor({ proxy: `http://zora:hunter2@localhost:${proxy.port}` });
    const error = await failureOf(dialer.openWebSocket(ask(`wss://localhost:${server.port}/`)));
    assertEquals([error.code, error.details["proxy_challenges"]], ["proxy_auth", ["NTLM"]]);
    assertExcludes(everythingOf(error), "hunter2");
  });
  await t.step("refused by the proxy", async () => {
    await using proxy = await startProxy({ fault: { kind: "status", status: 403 } });
    using dialer = await dialerFor({ proxy: `http://localhost:${proxy.port}` });
    const error = await failureOf(dialer.openWebSocket(ask(`wss://localhost:${server.port}/`)));
    assertEquals([error.code, error.details["proxy_status"]], ["proxy_refused", 403]);
  });
  await t.step("SOCKS ruleset", async () => {
    await using proxy = await startProxy({ fault: { kind: "socks", reply: 2 } });
    using dialer = await dialerFor({ proxy: `socks5://localhost:${proxy.port}` });
    assertEquals((await failureOf(dialer.openWebSocket(ask("wss://api.test/")))).code, "proxy_refused");
  });
  await t.step("nobody there", async () => {
    using dialer = await dialerFor();
    assertEquals(
      (await failureOf(dialer.openWebSocket(ask(`wss://localhost:${deafPort()}/`)))).code,
      "connect",
    );
  });
  await t.step("no such name", async () => {
    using dialer = await dialerFor();
    assertEquals((await failureOf(dialer.openWebSocket(ask("wss://no-such-host.invalid/")))).code, "dns");
  });
  await t.step("closed instead of an answer", async () => {
    await using silent = websocketServer(() => Promise.resolve(), LEAF);
    using dialer = await dialerFor();
    assertEquals(
      (await failureOf(dialer.openWebSocket(ask(`wss://localhost:${silent.port}/`)))).code,
      "reset",
    );
  });
  await t.step("101 without the right key", async () => {
    await using liar = websocketServer(async (peer) => {
      await peer.write(
        "HTTP/1.1 101 Sure\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
      );
      await peer.gone();
    }, LEAF);
    using dialer = await dialerFor();
    const error = await failureOf(dialer.openWebSocket(ask(`wss://localhost:${liar.port}/`)));
    assertEquals(error.code, "websocket");
    assertIncludes(error.message, "Sec-WebSocket-Accept");
  });
  await t.step("an extension nobody offered", async () => {
    await using liar = websocketServer(async (peer) => {
      await peer.accept("Sec-WebSocket-Extensions: x-webkit-deflate-frame");
      await peer.gone();
    }, LEAF);
    using dialer = await dialerFor();
    assertEquals(
      (await failureOf(dialer.openWebSocket(ask(`wss://localhost:${liar.port}/`)))).code,
      "websocket",
    );
  });
});

Deno.test("one limit covers the whole opening, and the error says where it was stuck", async (t) => {
  await using upgrade = websocketServer((peer) => peer.gone(), LEAF);
  await using tls = await rawServer(() => {});
  await using proxy = await startProxy({ fault: { kind: "stall" } });
  const rows = [
    ["none", upgrade.port, "the answer to the upgrade"],
    ["none", tls.port, "the TLS handshake"],
    [`http://localhost:${proxy.port}`, upgrade.port, "connecting"],
    [`socks5://localhost:${proxy.port}`, upgrade.port, "connecting"],
  ] as const;
  for (const [way, port, stage] of rows) {
    await t.step(`${stage}, ${way.replace(/\d+/, "")}`, async () => {
      using dialer = await dialerFor({ proxy: way });
      const error = await failureOf(
        dialer.openWebSocket(ask(`wss://localhost:${port}/`, { connectTimeoutMs: 300 })),
      );
      assertEquals([error.code, error.details["stage"]], ["connect_timeout", stage]);
      assertIncludes(error.hint ?? "", "culvert doctor");
    });
  }
});

Deno.test("aborting gives the signal's reason, while opening and while receiving", async () => {
  await using server = websocketServer((peer) => peer.gone(), LEAF);
  await using talking = websocketServer(echo, LEAF);
  using dialer = await dialerFor();
  const reason = new Error("enough");
  const stop = new AbortController();
  const opening = dialer.openWebSocket(ask(`wss://localhost:${server.port}/`, { signal: stop.signal }));
  setTimeout(() => stop.abort(reason), 50);
  await assertRejects(opening, (error: unknown) => error === reason);
  const channel = await open(dialer, `wss://localhost:${talking.port}/`);
  const again = new AbortController();
  const receiving = channel.receive(again.signal);
  again.abort(reason);
  await assertRejects(receiving, (error: unknown) => error === reason);
  // The channel itself is unharmed.
  await channel.send("still there");
  assertEquals(await receive(channel, 1), ["echo still there"]);
  channel.drop();
});

Deno.test("fragments are put together, and pings between them are answered", async () => {
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

Deno.test("a ping during idle is answered though nobody receives; ours finds a peer that is alive or dead", async () => {
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

Deno.test("each way to end is told apart, and what came before it is delivered first", async (t) => {
  const rows: readonly {
    readonly name: string;
    readonly end: (peer: Peer) => Promise<void>;
    readonly code?: string;
    readonly closeCode?: number;
    readonly reply?: number;
  }[] = [
    { name: "1000 is a good end", end: (peer) => peer.closeWith(1000), reply: 1000 },
    { name: "a close frame without a code is a good end", end: (peer) => peer.send(CLOSE, "") },
    {
      name: "1001 going away",
      end: (peer) => peer.closeWith(1001, "restart"),
      code: "websocket",
      closeCode: 1001,
      reply: 1001,
    },
    {
      name: "1008 policy",
      end: (peer) => peer.closeWith(1008, "policy"),
      code: "websocket",
      closeCode: 1008,
      reply: 1008,
    },
    {
      name: "1009 too big",
      end: (peer) => peer.closeWith(1009),
      code: "websocket",
      closeCode: 1009,
      reply: 1009,
    },
    {
      name: "1011 server fault",
      end: (peer) => peer.closeWith(1011, "oops"),
      code: "websocket",
      closeCode: 1011,
      reply: 1011,
    },
    {
      name: "4000 of the application",
      end: (peer) => peer.closeWith(4000),
      code: "websocket",
      closeCode: 4000,
      reply: 4000,
    },
    { name: "no close frame at all", end: (peer) => Promise.resolve(peer.close()), code: "reset" },
    {
      name: "a binary frame",
      end: (peer) => peer.send(BINARY, "x"),
      code: "websocket",
      closeCode: 1003,
      reply: 1003,
    },
    {
      name: "text that is not UTF-8",
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
      name: "fragments above the limit together",
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

Deno.test("dropping ends everything at once: no close frame, pending calls rejected, nothing left open", async () => {
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

Deno.test("a write to a peer that is gone fails", async () => {
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

Deno.test("a reader that does not read stops the sender, and loses nothing", async () => {
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
  // Full, but alive.
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

Deno.test("a peer that leaves during idle is noticed without a read or a write", async (t) => {
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

Deno.test("dropping does not wait for a peer that reads nothing, however much is on its way", async () => {
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
