import { HttpClientPool } from "../../../lib/net/dialer/http_client_pool.ts";
import type { Route } from "../../../lib/net/route/route.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { CA, dialerFor, failureOf, get, httpServer, LEAF, textOf, trusting, worldWith } from "../kit.ts";

const routeTo = (port: number): Route => ({
  kind: "proxy",
  proxy: { scheme: "http", host: "p", port },
  source: "--proxy",
});

Deno.test("the pool holds one client per route and at most sixteen, and evicts the least recently used one", () => {
  const pool = new HttpClientPool({ trust: trusting(CA.certificate), world: worldWith() });
  const first = pool.clientFor(routeTo(1));
  assertEquals(pool.clientFor(routeTo(1)) === first, true);
  for (let port = 2; port <= 16; port++) pool.clientFor(routeTo(port));
  pool.clientFor(routeTo(1));
  pool.clientFor(routeTo(17));
  assertEquals([pool.size, pool.clientFor(routeTo(1)) === first], [16, true]);
  pool.close();
  assertEquals(pool.size, 0);
});

Deno.test("a closed pool creates no client", async () => {
  await using server = httpServer(() => new Response("ok"), LEAF);
  const dialer = await dialerFor();
  dialer.close();
  const error = await failureOf(dialer.request(get(`https://localhost:${server.port}/`)));
  assertEquals(error.code, "usage");
  assertIncludes(error.message, "was closed");
});

Deno.test("requests on the same route reuse the connection", async () => {
  const peers = new Set<number>();
  const stop = new AbortController();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    cert: LEAF.certificate,
    key: LEAF.privateKey,
    signal: stop.signal,
    onListen: () => {},
  }, (_request, info) => {
    peers.add(info.remoteAddr.port);
    return new Response("ok");
  });
  {
    using dialer = await dialerFor();
    for (let count = 0; count < 5; count++) {
      await textOf(await dialer.request(get(`https://localhost:${server.addr.port}/`)));
    }
  }
  stop.abort();
  await server.finished;
  assertEquals(peers.size, 1);
});

Deno.test("a stream continues after its dialer is closed", async () => {
  await using server = httpServer(() =>
    new Response(
      new ReadableStream({
        async start(controller) {
          for (let count = 0; count < 3; count++) {
            await new Promise((resolve) => setTimeout(resolve, 50));
            controller.enqueue(new TextEncoder().encode(`${count}`));
          }
          controller.close();
        },
      }),
    ), LEAF);
  const dialer = await dialerFor();
  const reply = await dialer.request(get(`https://localhost:${server.port}/`));
  dialer.close();
  assertEquals(await textOf(reply), "012");
});

Deno.test("a body is not read before its consumer asks for it", async () => {
  let produced = 0;
  await using server = httpServer(() =>
    new Response(
      new ReadableStream({
        pull(controller) {
          produced++;
          controller.enqueue(new Uint8Array(65_536));
          if (produced === 2000) controller.close();
        },
      }),
    )
  );
  using dialer = await dialerFor();
  const reply = await dialer.request(get(`http://localhost:${server.port}/`));
  await new Promise((resolve) => setTimeout(resolve, 300));
  // The server can have sent only as much as the socket buffers of the kernel contain.
  assertEquals(produced < 500, true, `${produced} of 2000 pieces left the server with nobody reading`);
  await reply.body?.cancel();
});

Deno.test("the server sees that a body is cancelled", async () => {
  const { promise: cancelled, resolve } = Promise.withResolvers<void>();
  await using server = httpServer(() =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("first")),
        cancel: () => resolve(),
      }),
    ), LEAF);
  using dialer = await dialerFor();
  const reply = await dialer.request(get(`https://localhost:${server.port}/`));
  await reply.body?.read();
  await reply.body?.cancel();
  await cancelled;
});
