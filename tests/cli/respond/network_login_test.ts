/** Networks and proxies that require a login which only a person can make. */
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert, type CulvertRun } from "../../support/culvert.ts";

/** Runs one turn through a proxy that gives every connection the same answer, and counts the connections. */
async function respondThrough(answer: string, target = "https://api.test/v1") {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  let connections = 0;
  void (async () => {
    for await (const conn of listener) {
      connections++;
      await conn.read(new Uint8Array(65_536));
      await conn.write(new TextEncoder().encode(answer));
      conn.close();
    }
  })();
  const proxy = `http://user:secret-4711@127.0.0.1:${listener.addr.port}`;
  const run: CulvertRun = await culvert(["respond", "--base-url", target, "--transport", "sse", "hi"], {
    env: { HTTPS_PROXY: proxy, HTTP_PROXY: proxy },
  });
  return { run, connections };
}

const head = (status: string, field: string) => `HTTP/1.1 ${status}\r\n${field}\r\nContent-Length: 0\r\n\r\n`;

for (
  const [status, field] of [
    ["511 Network Authentication Required", "Connection: close"],
    ["302 Found", "Location: http://login.test/"],
  ] as const
) {
  Deno.test(`a proxy that answers ${status} to CONNECT is not asked again, and the login is the remedy`, async () => {
    const { run } = await respondThrough(head(status, field));

    assertEquals([run.code, /retry/.test(run.stderr)], [5, false], run.stderr);
    assertIncludes(run.stderr, "The network requires a login: open a web page in a browser");
  });
}

Deno.test("a status 511 in place of the answer is not retried, and the login is the remedy", async () => {
  const answer = head("511 Network Authentication Required", "Connection: close");
  const { run, connections } = await respondThrough(answer, "http://api.test/v1");

  assertEquals([run.code, connections], [5, 1], run.stderr);
  assertIncludes(run.stderr, "was answered 511: the network requires a login");
});

Deno.test("the password is not blamed if the proxy accepts no password", async () => {
  const { run } = await respondThrough(head("407 Denied", "Proxy-Authenticate: NTLM"));

  assertEquals(run.code, 5);
  assertIncludes(run.stderr, "the proxy requires a login by NTLM (407)");
  assertIncludes(run.stderr, "which culvert does not support");
});

Deno.test("a connection that is cut inside a tunnel does not lead to the advice to set a proxy", async () => {
  const { run } = await respondThrough("HTTP/1.1 200 Connection established\r\n\r\n");

  assertEquals(run.code, 5);
  assertIncludes(run.stderr, "A firewall may cut TLS connections to this host. Ask your network team.");
});
