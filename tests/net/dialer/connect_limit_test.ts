import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { blackHole } from "../../support/black_hole.ts";
import { dialerFor, failureOf, get, httpServer, LEAF, rawServer, textOf } from "../kit.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";

// The behavior of a full queue depends on the system.

Deno.test(
  { ...skippedIf(ON_WINDOWS, "a server that does not answer connections fails after the connect limit") },
  async () => {
    using hole = await blackHole();
    using dialer = await dialerFor();
    const request = get(`http://127.0.0.1:${hole.port}/`, { connectTimeoutMs: 200 });
    const error = await failureOf(dialer.request(request));
    assertEquals([error.code, error.details["failed_at"]], ["connect_timeout", "target"]);
    assertEquals(error.details["stage"], "connect");
    assertIncludes(error.message, "no TCP connection was made within 0.2 s");
  },
);

Deno.test(
  {
    ...skippedIf(
      ON_WINDOWS,
      "a proxy that does not answer connections fails after the connect limit and is named",
    ),
  },
  async () => {
    using hole = await blackHole();
    for (const target of ["http://api.test/", "https://api.test/"]) {
      using dialer = await dialerFor({ proxy: `http://127.0.0.1:${hole.port}` });
      const error = await failureOf(dialer.request(get(target, { connectTimeoutMs: 200 })));
      assertEquals([error.code, error.details["failed_at"]], ["connect_timeout", "proxy"]);
    }
  },
);

Deno.test("a proxy or TLS server that accepts the connection and stays silent fails after the limit, with its stage", async (t) => {
  await using silent = await rawServer((socket) => socket.resume());
  await using server = httpServer(() => new Response("never"), LEAF);
  const rows = [
    ["a TLS server", "none", silent.port, "tls", "target"],
    ["an HTTP proxy", `http://localhost:${silent.port}`, server.port, "proxy", "proxy"],
    ["a proxy over TLS", `https://localhost:${silent.port}`, server.port, "proxy_tls", "proxy"],
    ["a SOCKS proxy", `socks5://localhost:${silent.port}`, server.port, "proxy", "proxy"],
  ] as const;
  for (const [name, proxy, port, stage, at] of rows) {
    await t.step(name, async () => {
      using dialer = await dialerFor({ proxy });
      const request = get(`https://localhost:${port}/`, { connectTimeoutMs: 300 });
      const error = await failureOf(dialer.request(request));
      const { stage: seen, failed_at } = error.details;
      assertEquals([error.code, seen, failed_at], ["connect_timeout", stage, at], error.message);
      assertIncludes(error.message, "within 0.3 s");
    });
  }
});

Deno.test("a server that accepts the connection and stays silent is not reported as unreachable", async () => {
  let connections = 0;
  const looked = Promise.withResolvers<void>();
  await using server = await rawServer((socket) => {
    // The second connection is the probe; the first gets its answer after it.
    if (++connections === 1) {
      looked.promise.then(() => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nlate"));
    } else socket.on("close", () => looked.resolve());
    socket.resume();
  });
  using dialer = await dialerFor();
  const request = get(`http://127.0.0.1:${server.port}/`, { connectTimeoutMs: 200 });
  assertEquals(await textOf(await dialer.request(request)), "late");
  assertEquals(connections, 2);
});

Deno.test("an answer that begins while the failure of the probe is examined arrives completely", async () => {
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  // A proxy that forwards the request late, and answers no CONNECT of the probe.
  await using proxy = await rawServer((socket) => {
    socket.once("data", async (head) => {
      if (!head.toString().startsWith("GET")) return;
      // The probe has failed after 300 ms; whether the proxy speaks another scheme is examined for up to 1.5 s more.
      await pause(700);
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nlate");
      await pause(300);
      socket.end("rest");
    });
  });
  using dialer = await dialerFor({ proxy: `http://127.0.0.1:${proxy.port}` });
  const request = get("http://api.test/", { connectTimeoutMs: 300 });
  assertEquals(await textOf(await dialer.request(request)), "laterest");
});

Deno.test("a server that has answered before is not probed: its connection may carry the request", async () => {
  let connections = 0;
  let requests = 0;
  await using server = await rawServer((socket) => {
    connections++;
    socket.on("data", () => {
      const answer = () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nlate");
      if (++requests === 1) answer();
      else AbortSignal.timeout(500).addEventListener("abort", answer);
    });
  });
  using dialer = await dialerFor();
  const request = get(`http://127.0.0.1:${server.port}/`, { connectTimeoutMs: 200 });
  assertEquals(await textOf(await dialer.request(request)), "late");
  // The runtime returns the connection to its pool slightly later.
  await new Promise((resolve) => AbortSignal.timeout(20).addEventListener("abort", resolve));
  assertEquals(await textOf(await dialer.request(request)), "late");
  assertEquals([connections, requests], [1, 2]);
});

Deno.test("a server that answers is not probed", async () => {
  await using server = httpServer(() => new Response("soon"));
  using dialer = await dialerFor();
  const request = get(`http://127.0.0.1:${server.port}/`, { connectTimeoutMs: 60_000 });
  assertEquals(await textOf(await dialer.request(request)), "soon");
});

Deno.test(
  { ...skippedIf(ON_WINDOWS, "an abort during a pending connection attempt throws the caller's reason") },
  async () => {
    using hole = await blackHole();
    using dialer = await dialerFor();
    const giveUp = new AbortController();
    const request = get(`http://127.0.0.1:${hole.port}/`, {
      connectTimeoutMs: 60_000,
      signal: giveUp.signal,
    });
    const failure = dialer.request(request).catch((error: unknown) => error);
    giveUp.abort(new Error("enough"));
    const thrown = await failure;
    assert(thrown instanceof Error && thrown.message === "enough");
  },
);
