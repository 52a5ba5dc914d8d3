/** Connections after a refusal of a proxy. */
import { assertEquals } from "../../support/assert.ts";
import { startProxy, type TestProxy } from "../../support/proxy.ts";
import { dialerFor, failureOf, LEAF } from "../kit.ts";

/** Waits until the proxy has no connection, for at most 5 s, and returns how many are left. */
async function openAfter(proxy: TestProxy): Promise<number> {
  for (let waited = 0; proxy.openSockets() > 0 && waited < 5_000; waited += 20) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return proxy.openSockets();
}

for (const scheme of ["http", "https"] as const) {
  Deno.test(`a proxy at ${scheme} that answers 407 leaves no connection open, on every leg`, async () => {
    const identity = scheme === "https" ? { tls: LEAF } : {};
    await using proxy = await startProxy({ ...identity, credentials: "anna:pl4nted" });
    using dialer = await dialerFor({ proxy: `${scheme}://localhost:${proxy.port}` });
    const legs = [
      () => dialer.request({ url: new URL("https://api.test/v1"), method: "GET", headers: {} }),
      () =>
        dialer.openWebSocket({
          url: new URL("wss://api.test/v1"),
          headers: {},
          connectTimeoutMs: 10_000,
        }),
      () => dialer.connect({ host: "api.test", port: 443 }, { tls: true }),
    ];
    for (const leg of legs) {
      for (let run = 0; run < 5; run++) assertEquals((await failureOf(leg())).code, "proxy_auth");
      assertEquals(await openAfter(proxy), 0);
    }
  });
}
