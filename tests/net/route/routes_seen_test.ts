import { startProxy, type TestProxy } from "../../support/proxy.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { CA, dialerFor, get, httpServer, LEAF, textOf, worldWith } from "../kit.ts";
import { ROUTES } from "./route_cases.ts";

/** Ports of `p` and `q` of the table, instead of 1 and 2. */
function withPorts(text: string, p: TestProxy, q: TestProxy): string {
  return text.replace(/\bp:1\b/g, `127.0.0.1:${p.port}`).replace(/\bq:2\b/g, `127.0.0.1:${q.port}`);
}

Deno.test("real proxies receive exactly the requests that the route table assigns to them", async (t) => {
  await using secure = httpServer(
    () => new Response("over tls"),
    await CA.issue({
      commonName: "any",
      names: [
        ...new Set(
          ROUTES.flatMap(({ routes }) =>
            Object.keys(routes).map((target) =>
              new URL(target).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "")
            )
          ),
        ),
      ],
    }),
  );
  await using plain = httpServer(() => new Response("in clear"));
  for (const row of ROUTES) {
    const proxied = Object.entries(row.routes).filter(([target, route]) =>
      target.startsWith("http") && /^http:\/\/[pq]:/.test(route)
    );
    if (proxied.length === 0) continue;
    await t.step(row.name, async () => {
      for (const [target, route] of proxied) {
        const secureTarget = target.startsWith("https:");
        const leadTo = { host: "127.0.0.1", port: (secureTarget ? secure : plain).port };
        await using p = await startProxy({ leadTo });
        await using q = await startProxy({ leadTo });
        using dialer = await dialerFor({
          world: worldWith(
            Object.fromEntries(
              Object.entries(row.env ?? {}).map(([name, value]) => [name, withPorts(value, p, q)]),
            ),
          ),
          ...(row.proxy === undefined ? {} : { proxy: withPorts(row.proxy, p, q) }),
        });
        const reply = await dialer.request(get(target));
        assertEquals(await textOf(reply), secureTarget ? "over tls" : "in clear");
        const [chosen, other] = route.startsWith("http://p") ? [p, q] : [q, p];
        const url = new URL(target);
        assertEquals(
          chosen.seen.map(({ form, target }) => [form, target]),
          [secureTarget ? ["connect", `${url.hostname}:${url.port || 443}`] : ["absolute", target]],
        );
        assertEquals(other.seen.length, 0);
      }
    });
  }
});

Deno.test("every kind of proxy carries https and http with its credentials", async (t) => {
  await using secure = httpServer(() => new Response("over tls"), LEAF);
  await using plain = httpServer(() => new Response("in clear"));
  const credentials = "zora:p@ss%/w:ord";
  for (const scheme of ["http", "https", "socks5", "socks5h"]) {
    await t.step(scheme, async () => {
      await using proxy = await startProxy({ credentials, ...(scheme === "https" ? { tls: LEAF } : {}) });
      using dialer = await dialerFor({
        proxy: `${scheme}://zora:${encodeURIComponent("p@ss%/w:ord")}@localhost:${proxy.port}`,
      });
      const first = await dialer.request(get(`https://localhost:${secure.port}/a`));
      assertEquals([first.status, await textOf(first), first.route.kind], [200, "over tls", "proxy"]);
      const second = await dialer.request(get(`http://127.0.0.1:${plain.port}/b?c`));
      assertEquals(await textOf(second), "in clear");
      assertEquals(proxy.seen.map((sighting) => sighting.credentials), [credentials, credentials]);
      const socks = scheme.startsWith("socks");
      assertEquals(proxy.seen.map(({ form, target }) => [form, target]), [
        [socks ? "socks5" : "connect", `localhost:${secure.port}`],
        socks ? ["socks5", `127.0.0.1:${plain.port}`] : ["absolute", `http://127.0.0.1:${plain.port}/b?c`],
      ]);
      if (socks) assertEquals(proxy.seen[0]?.requestLine, "domain");
    });
  }
});

Deno.test("a proxy user without a password sends an empty password", async () => {
  await using server = httpServer(() => new Response("ok"), LEAF);
  await using proxy = await startProxy({ credentials: "zora:" });
  using dialer = await dialerFor({ proxy: `http://zora@127.0.0.1:${proxy.port}` });
  const reply = await dialer.request(get(`https://localhost:${server.port}/`));
  assertEquals([reply.status, await textOf(reply)], [200, "ok"]);
  // The tunnels of websockets and byte streams are made by `lib/net/tunnel/`.
  (await dialer.connect({ host: "localhost", port: server.port }, { tls: true })).close();
  assertEquals(proxy.seen.map(({ headers }) => headers.get("proxy-authorization")), [
    `Basic ${btoa("zora:")}`,
    `Basic ${btoa("zora:")}`,
  ]);
});

Deno.test("the proxy variables of the process do not override the route table", async () => {
  await using server = httpServer(() => new Response("ok"), LEAF);
  await using right = await startProxy({ leadTo: { host: "127.0.0.1", port: server.port } });
  await using wrong = await startProxy({ fault: { kind: "status", status: 403 } });
  const script = `
    import { CA, dialerFor, get, trusting } from ${
    JSON.stringify(new URL("../kit.ts", import.meta.url).href)
  };
    const target = "https://api.test/";
    const trust = trusting(Deno.env.get("TEST_ROOT"));
    for (const proxy of [Deno.env.get("TEST_PROXY"), "none"]) {
      using dialer = await dialerFor({ proxy, trust });
      const url = proxy === "none" ? "https://localhost:" + Deno.env.get("TEST_PORT") + "/" : target;
      console.log((await dialer.request(get(url))).status);
    }
    console.log(Deno.env.get("HTTPS_PROXY") === undefined ? "gone" : "kept");
  `;
  const wrongUrl = `http://127.0.0.1:${wrong.port}`;
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(path, script);
    const config = new URL("../../../deno.json", import.meta.url).pathname;
    const child = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--quiet", `--config=${config}`, path],
      env: {
        TEST_ROOT: CA.certificate,
        TEST_PROXY: `http://127.0.0.1:${right.port}`,
        TEST_PORT: String(server.port),
        HTTP_PROXY: wrongUrl,
        HTTPS_PROXY: wrongUrl,
        ALL_PROXY: wrongUrl,
        http_proxy: wrongUrl,
        https_proxy: wrongUrl,
        all_proxy: wrongUrl,
        NO_PROXY: "api.test",
        no_proxy: "api.test",
        SSL_CERT_FILE: "/nowhere/at/all.pem",
        SSL_CERT_DIR: "/nowhere",
        NO_COLOR: "1",
        // The runtime sometimes requests its newest version through these proxies.
        DENO_NO_UPDATE_CHECK: "1",
      },
    }).output();
    assertIncludes(
      new TextDecoder().decode(child.stdout) + new TextDecoder().decode(child.stderr),
      "200\n200\nkept\n",
    );
  } finally {
    await Deno.remove(path);
  }
  assertEquals(right.seen.map(({ target }) => target), ["api.test:443"]);
  assertEquals(wrong.seen.map(({ target }) => target), []);
});
