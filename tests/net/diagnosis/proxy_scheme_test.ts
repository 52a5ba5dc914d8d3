import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { startProxy } from "../../support/proxy.ts";
import { dialerFor, failureOf, get, httpServer, LEAF, rawServer, trusting } from "../kit.ts";

Deno.test("a proxy address with the wrong scheme is reported with the right scheme, on every leg", async (t) => {
  await using server = httpServer(() => new Response("never"), LEAF);
  await using plain = await startProxy();
  await using overTls = await startProxy({ tls: LEAF });
  const rows = [
    ["https", plain.port, "http"],
    ["http", overTls.port, "https"],
    ["socks5", overTls.port, undefined],
  ] as const;
  for (const [written, port, right] of rows) {
    for (const leg of ["request", "websocket", "stream"] as const) {
      await t.step(`${written}:// for ${right ?? "neither"}, ${leg}`, async () => {
        // The password must not be sent while the schemes are tried.
        using dialer = await dialerFor({
          env: { ALL_PROXY: `${written}://u:hunter2@localhost:${port}` },
          ...(leg === "stream" ? { trust: trusting() } : {}),
        });
        const before = plain.seen.length;
        const error = await failureOf(
          leg === "request"
            ? dialer.request(get(`https://api.test:${server.port}/`, { connectTimeoutMs: 500 }))
            : leg === "websocket"
            ? dialer.openWebSocket({
              url: new URL(`wss://api.test:${server.port}/`),
              headers: {},
              connectTimeoutMs: 500,
            })
            : dialer.connect({ host: "api.test", port: server.port }, { tls: true, connectTimeoutMs: 500 }),
        );
        if (right === undefined) return assertEquals(error.code, "proxy_refused", error.message);
        assertEquals(
          [error.code, error.details["condition"]],
          ["proxy_refused", "proxy_scheme"],
          error.message,
        );
        assertIncludes(error.hint ?? "", `Write ${right}:// instead of ${written}:// in ALL_PROXY`);
        assert(plain.seen.slice(before).every(({ credentials }) => credentials === undefined));
      });
    }
  }
});

Deno.test("a proxy that does not answer a TLS handshake in time is probed with plain HTTP", async () => {
  await using waiting = await rawServer((socket) => {
    // Like squid, it waits for the end of a line, which a TLS handshake does not have.
    socket.on("data", (bytes: Uint8Array) => {
      if (new TextDecoder().decode(bytes).includes("\r\n\r\n")) socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
  });
  using dialer = await dialerFor({ proxy: `https://localhost:${waiting.port}` });
  const error = await failureOf(
    dialer.connect({ host: "api.test", port: 443 }, { tls: true, connectTimeoutMs: 300 }),
  );
  assertEquals(error.details["condition"], "proxy_scheme", error.message);
  assertIncludes(error.hint ?? "", "Write http:// instead of https:// in --proxy");
  const request = get("https://api.test/", { connectTimeoutMs: 300 });
  assertEquals((await failureOf(dialer.request(request))).details["condition"], "proxy_scheme");
});
