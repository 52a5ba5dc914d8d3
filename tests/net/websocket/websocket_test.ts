import { startProxy } from "../../support/proxy.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertRejects } from "../../support/assert.ts";
import { deafPort, dialerFor, everythingOf, failureOf, LEAF, rawServer, trusting } from "../kit.ts";
import { websocketServer } from "./websocket_server.ts";
import { ask, echo, open, receive } from "./websocket_kit.ts";

Deno.test("a websocket opens over every route with its credentials, and carries messages both ways", async (t) => {
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

Deno.test("the handshake sends the caller's headers once, together with those of the protocol", async () => {
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

Deno.test("a refused upgrade returns a response with status, headers and body", async (t) => {
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

Deno.test("an incomplete error response does not delay the caller", async () => {
  await using server = websocketServer(async (peer) => {
    await peer.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 900\r\n\r\nhalf");
    await peer.gone();
  }, LEAF);
  using dialer = await dialerFor();
  const outcome = await dialer.openWebSocket(ask(`wss://localhost:${server.port}/`));
  assert(outcome.kind === "refused");
  assertEquals([outcome.status, outcome.body], [401, "half"]);
});

Deno.test("failures before the upgrade have the same codes and explanations as over HTTP", async (t) => {
  await using server = websocketServer(echo, LEAF);
  await t.step("the issuer is unknown", async () => {
    using dialer = await dialerFor({ trust: trusting() });
    const error = await failureOf(dialer.openWebSocket(ask(`wss://localhost:${server.port}/`)));
    assertEquals(error.code, "tls_unknown_issuer");
    assertIncludes(error.hint ?? "", 'issued by "CN=Culvert Test CA"');
    assertIncludes(error.hint ?? "", `culvert doctor https://localhost:${server.port}`);
  });
  await t.step("the proxy answers 407", async () => {
    await using proxy = await startProxy({
      fault: { kind: "status", status: 407, headers: ["Proxy-Authenticate: NTLM"] },
    });
    using dialer = await dialerFor({ proxy: `http://zora:hunter2@localhost:${proxy.port}` });
    const error = await failureOf(dialer.openWebSocket(ask(`wss://localhost:${server.port}/`)));
    assertEquals([error.code, error.details["proxy_challenges"]], ["proxy_auth", ["NTLM"]]);
    assertExcludes(everythingOf(error), "hunter2");
  });
  await t.step("the proxy answers 403", async () => {
    await using proxy = await startProxy({ fault: { kind: "status", status: 403 } });
    using dialer = await dialerFor({ proxy: `http://localhost:${proxy.port}` });
    const error = await failureOf(dialer.openWebSocket(ask(`wss://localhost:${server.port}/`)));
    assertEquals([error.code, error.details["proxy_status"]], ["proxy_refused", 403]);
  });
  await t.step("the SOCKS ruleset forbids the connection", async () => {
    await using proxy = await startProxy({ fault: { kind: "socks", reply: 2 } });
    using dialer = await dialerFor({ proxy: `socks5://localhost:${proxy.port}` });
    assertEquals((await failureOf(dialer.openWebSocket(ask("wss://api.test/")))).code, "proxy_refused");
  });
  await t.step("the port is closed", async () => {
    using dialer = await dialerFor();
    assertEquals(
      (await failureOf(dialer.openWebSocket(ask(`wss://localhost:${deafPort()}/`)))).code,
      "connect",
    );
  });
  await t.step("the host name does not exist", async () => {
    using dialer = await dialerFor();
    assertEquals((await failureOf(dialer.openWebSocket(ask("wss://no-such-host.invalid/")))).code, "dns");
  });
  await t.step("the server closes without an answer", async () => {
    await using silent = websocketServer(() => Promise.resolve(), LEAF);
    using dialer = await dialerFor();
    assertEquals(
      (await failureOf(dialer.openWebSocket(ask(`wss://localhost:${silent.port}/`)))).code,
      "reset",
    );
  });
  await t.step("the 101 has the wrong key", async () => {
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
  await t.step("the 101 lacks Connection: Upgrade", async () => {
    await using liar = websocketServer(async (peer) => {
      await peer.acceptWith("Connection: keep-alive");
      await peer.gone();
    }, LEAF);
    using dialer = await dialerFor();
    const error = await failureOf(dialer.openWebSocket(ask(`wss://localhost:${liar.port}/`)));
    assertEquals(error.code, "websocket");
    assertIncludes(error.message, "Connection: Upgrade");
  });
  await t.step("the server selects a subprotocol that was not offered", async () => {
    await using liar = websocketServer(async (peer) => {
      await peer.accept("Sec-WebSocket-Protocol: other");
      await peer.gone();
    }, LEAF);
    using dialer = await dialerFor();
    for (const subprotocols of [[], ["realtime"]]) {
      const request = ask(`wss://localhost:${liar.port}/`, { subprotocols });
      const error = await failureOf(dialer.openWebSocket(request));
      assertEquals(error.code, "websocket");
      assertIncludes(error.message, "subprotocol");
    }
  });
  await t.step("the server selects an extension that was not offered", async () => {
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

Deno.test("one limit covers the whole opening, and the error names the stage that it reached", async (t) => {
  await using upgrade = websocketServer((peer) => peer.gone(), LEAF);
  await using tls = await rawServer(() => {});
  await using proxy = await startProxy({ fault: { kind: "stall" } });
  const rows = [
    ["none", upgrade.port, "upgrade"],
    ["none", tls.port, "tls"],
    [`http://localhost:${proxy.port}`, upgrade.port, "proxy"],
    [`socks5://localhost:${proxy.port}`, upgrade.port, "proxy"],
  ] as const;
  for (const [way, port, stage] of rows) {
    await t.step(`${stage}, ${way.replace(/\d+/, "")}`, async () => {
      using dialer = await dialerFor({ proxy: way });
      const error = await failureOf(
        dialer.openWebSocket(ask(`wss://localhost:${port}/`, { connectTimeoutMs: 300 })),
      );
      assertEquals([error.code, error.details["stage"]], ["connect_timeout", stage]);
      assertIncludes(error.message, "within 0.3 s");
      assertIncludes(error.hint ?? "", "culvert doctor");
    });
  }
});

Deno.test("an abort throws the signal's reason, while opening and while receiving", async () => {
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
  // The channel still works.
  await channel.send("still there");
  assertEquals(await receive(channel, 1), ["echo still there"]);
  channel.drop();
});
