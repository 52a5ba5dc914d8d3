import * as http from "node:http";
import * as https from "node:https";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import type { ByteStream } from "../../../lib/net/tunnel/byte_stream.ts";
import type { Observation } from "../../../lib/net/observer.ts";
import { observerOf } from "../../../lib/net/observer.ts";
import { assert, assertEquals, assertIncludes, assertRejects } from "../../support/assert.ts";
import { blackHole } from "../../support/black_hole.ts";
import { startProxy } from "../../support/proxy.ts";
import { CulvertError } from "../../../lib/errors.ts";
import { deafPort, dialerFor, failureOf, httpServer, LEAF, rawServer, trusting } from "../kit.ts";

const LIMIT_MS = 30_000;

/** Reads until the end, or until a number of bytes has arrived. */
async function read(stream: ByteStream, count = Infinity): Promise<string> {
  const reader = stream.readable.getReader();
  let text = "";
  while (text.length < count) {
    const { done, value } = await reader.read();
    if (done) break;
    text += new TextDecoder().decode(value);
  }
  reader.releaseLock();
  return text;
}

async function write(stream: ByteStream, text: string): Promise<void> {
  const writer = stream.writable.getWriter();
  await writer.write(new TextEncoder().encode(text));
  writer.releaseLock();
}

/** One exchange of `node:http` over a stream. */
function exchange(
  socket: Duplex,
  headers: readonly string[],
): Promise<readonly [http.IncomingMessage, string]> {
  return new Promise((resolve, reject) => {
    const request = http.request({
      path: "/path",
      headers,
      createConnection: () => socket,
      signal: AbortSignal.timeout(LIMIT_MS),
    }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => text += piece);
      response.on("end", () => resolve([response, text]));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end();
  });
}

Deno.test("a byte stream opens over every route, with TLS and without, and carries bytes both ways", async (t) => {
  const talk = (socket: { write: (text: string) => void; end: () => void; on: Duplex["on"] }) => {
    socket.on("error", () => {});
    socket.on("data", (bytes: Uint8Array) => {
      const text = new TextDecoder().decode(bytes);
      if (text === "end") socket.end();
      else socket.write(`echo ${text}`);
    });
  };
  await using plain = await rawServer(talk);
  await using secure = await tlsServer(talk);
  await using clear = await startProxy({ credentials: "zora:pass" });
  await using overTls = await startProxy({ credentials: "zora:pass", tls: LEAF });
  for (const scheme of ["none", "http", "https", "socks5", "socks5h"]) {
    const { port } = scheme === "https" ? overTls : clear;
    for (const isTls of [true, false]) {
      await t.step(`${isTls ? "TLS" : "plain"} through ${scheme}`, async () => {
        using dialer = await dialerFor({
          proxy: scheme === "none" ? "none" : `${scheme}://zora:pass@localhost:${port}`,
        });
        const stream = await dialer.connect(
          { host: "localhost", port: isTls ? secure.port : plain.port },
          { tls: isTls },
        );
        assertEquals(stream.route.kind, scheme === "none" ? "direct" : "proxy");
        assertEquals(stream.alpn, isTls ? "http/1.1" : undefined);
        await write(stream, "one");
        assertEquals(await read(stream, 8), "echo one");
        await write(stream, "end");
        assertEquals(await read(stream), "");
        stream.close();
      });
    }
  }
  assertEquals([clear.openSockets(), overTls.openSockets()].map((count) => count < 20), [true, true]);
});

Deno.test("node:http runs over a byte stream: header names keep their case, upgrades and half-closed sockets work", async () => {
  const server = https.createServer({ cert: LEAF.certificate, key: LEAF.privateKey }, (request, response) => {
    response.writeHead(207, "Many Things", ["X-Odd-Case", "1", "X-Odd-Case", "2"]);
    response.end(JSON.stringify(request.rawHeaders));
  });
  server.on("upgrade", (_request, socket: Duplex) => {
    socket.on("error", () => {});
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
    socket.on("data", (bytes: Uint8Array) => socket.write(bytes));
    socket.on("end", () => socket.end("rest"));
  });
  const port = await listen(server);
  try {
    await using proxy = await startProxy();
    using dialer = await dialerFor({ proxy: `http://localhost:${proxy.port}` });
    const target = { host: "localhost", port };
    const first = await dialer.connect(target, { tls: true });
    const [response, text] = await exchange(first.toDuplex(), ["Host", "localhost", "X-Mixed-Case", "a"]);
    assertEquals([response.statusCode, response.statusMessage], [207, "Many Things"]);
    assertEquals(response.rawHeaders.slice(0, 4), ["X-Odd-Case", "1", "X-Odd-Case", "2"]);
    assertIncludes(text, '"X-Mixed-Case","a"');

    // Tested only without a proxy, because the proxy of the tests does not keep a connection half open.
    using direct = await dialerFor();
    const second = await direct.connect(target, { tls: true });
    const socket = await upgraded(second.toDuplex());
    const { promise: ended, resolve } = Promise.withResolvers<string>();
    let received = "";
    socket.on("data", (bytes: Uint8Array) => {
      received += new TextDecoder().decode(bytes);
      if (received === "ping") socket.end();
    });
    socket.on("end", () => resolve(received));
    socket.write("ping");
    // The server can still answer after the client has ended its side.
    assertEquals(await ended, "pingrest");
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

Deno.test("ALPN offers the requested protocols, and the stream reports the one that the server selects", async () => {
  await using server = await tlsServer(() => {}, ["h2", "http/1.1"]);
  using dialer = await dialerFor();
  const target = { host: "localhost", port: server.port };
  for (
    const [offer, chosen] of [[["h2", "http/1.1"], "h2"], [["http/1.1"], "http/1.1"], [
      [],
      undefined,
    ]] as const
  ) {
    const stream = await dialer.connect(target, { tls: true, alpn: offer });
    assertEquals(stream.alpn, chosen);
    stream.close();
  }
});

Deno.test("a cut connection fails the reader with reset, on both kinds of stream", async () => {
  await using server = await rawServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
  using dialer = await dialerFor();
  const target = { host: "localhost", port: server.port };
  const first = await dialer.connect(target, { tls: false });
  await write(first, "x");
  const error = await failureOf(read(first));
  assertEquals(error.code, "reset");
  assertIncludes(error.message, `localhost:${server.port}`);
  const second = await dialer.connect(target, { tls: false });
  const socket = second.toDuplex();
  const failed = new Promise<unknown>((resolve) => socket.once("error", resolve));
  socket.write("x");
  socket.resume();
  const seen = await failed;
  assert(seen instanceof CulvertError);
  assertEquals(seen.code, "reset");
  assert(socket.destroyed);
});

Deno.test("connect() fails with the same errors as an HTTP request, and names the stage that timed out", async (t) => {
  await using server = httpServer(() => new Response("never"), LEAF);
  await using silent = await rawServer(() => {});
  await using refusing = await startProxy({ credentials: "a:b" });
  using hole = await blackHole();
  const rows = [
    ["an untrusted CA", "none", server.port, "tls_unknown_issuer", undefined],
    ["no server listens", "none", deafPort(), "connect", undefined],
    ["407", `http://localhost:${refusing.port}`, server.port, "proxy_auth", undefined],
    ["a server that is silent", "none", silent.port, "connect_timeout", "tls"],
    ["a proxy that is silent", `http://localhost:${silent.port}`, server.port, "connect_timeout", "proxy"],
    ["a SOCKS proxy that is silent", `socks5://localhost:${silent.port}`, 1, "connect_timeout", "proxy"],
    ["a TLS proxy that is silent", `https://localhost:${silent.port}`, 1, "connect_timeout", "proxy_tls"],
    ["packets are dropped", "none", hole.port, "connect_timeout", "connect"],
    ["packets to the proxy are dropped", `http://127.0.0.1:${hole.port}`, 1, "connect_timeout", "connect"],
  ] as const;
  for (const [name, proxy, port, code, stage] of rows) {
    await t.step(name, async () => {
      using dialer = await dialerFor({ proxy, trust: trusting() });
      const host = name.startsWith("packets are") ? "127.0.0.1" : "localhost";
      const limit = stage === undefined ? {} : { connectTimeoutMs: 300 };
      const error = await failureOf(dialer.connect({ host, port }, { tls: true, ...limit }));
      assertEquals(error.code, code, error.message);
      if (stage !== undefined) assertEquals(error.details["stage"], stage);
      assertIncludes(error.message, `${host}:${port}`);
      assertEquals(error.details["failed_at"], proxy === "none" ? "target" : "proxy");
    });
  }
  await t.step("the signal is already aborted", async () => {
    using dialer = await dialerFor();
    const stop = new AbortController();
    const reason = new Error("enough");
    const connecting = dialer.connect(
      { host: "localhost", port: silent.port },
      { tls: true, signal: stop.signal },
    );
    stop.abort(reason);
    await assertRejects(connecting, (error: unknown) => error === reason);
  });
  await t.step("the host is invalid", async () => {
    using dialer = await dialerFor();
    for (const host of ["", "a/b", "user@host", "two words"]) {
      assertEquals((await failureOf(dialer.connect({ host, port: 1 }, { tls: false }))).code, "config");
    }
  });
});

Deno.test("each network step is observed with host, kind of route and duration, without path or query", async () => {
  await using server = httpServer(() => new Response("ok"), LEAF);
  await using proxy = await startProxy();
  const seen: Observation[] = [];
  const observer = observerOf((one) => void (one.kind === "note" ? undefined : seen.push(one)));
  using dialer = await dialerFor({ proxy: `http://localhost:${proxy.port}`, observer });
  const stream = await dialer.connect({ host: "localhost", port: server.port }, { tls: true });
  stream.close();
  const reply = await dialer.request({
    method: "GET",
    url: new URL(`https://localhost:${server.port}/secret?secret`),
    headers: {},
  });
  await reply.body?.cancel();
  await failureOf(dialer.connect({ host: "localhost", port: deafPort() }, { tls: true }));
  const common = { host: `localhost:${server.port}`, route: "http" };
  const facts = seen.map((one) => {
    assert(one.kind === "connect" || one.kind === "tls" || one.kind === "headers");
    const { startMs, durationMs, ...rest } = one;
    assert(startMs > 0 && durationMs >= 0);
    return rest;
  });
  assertEquals(facts.slice(0, 3), [
    { kind: "connect", transport: "stream", ...common },
    { kind: "tls", transport: "stream", ...common, alpn: "http/1.1" },
    { kind: "headers", transport: "http", method: "GET", ...common, status: 200 },
  ]);
  assertEquals(facts.slice(3).map(({ kind, error }) => [kind, error]), [["connect", "proxy_refused"]]);
});

function tlsServer(onConnection: (socket: tls.TLSSocket) => void, ALPNProtocols = ["http/1.1"]) {
  const server = tls.createServer(
    { cert: LEAF.certificate, key: LEAF.privateKey, ALPNProtocols },
    onConnection,
  );
  const sockets = new Set<Duplex>();
  server.on("connection", (socket: Duplex) => sockets.add(socket));
  server.on("tlsClientError", () => {});
  return listen(server).then((port) => ({
    port,
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  }));
}

function listen(server: https.Server | tls.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("No port"));
      else resolve(address.port);
    });
  });
}

function upgraded(socket: Duplex): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const request = http.request({
      headers: ["Host", "localhost", "Connection", "Upgrade", "Upgrade", "echo"],
      createConnection: () => socket,
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    request.on("error", reject);
    request.on("upgrade", (_response, opened: Duplex) => resolve(opened));
    request.end();
  });
}
