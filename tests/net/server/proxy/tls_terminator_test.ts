import { request } from "node:https";
import { startTerminator } from "../../../../lib/net/server/proxy/tls_terminator.ts";
import { ServerGroup } from "../../../../lib/net/server/tracked_server.ts";
import { createAuthority } from "../../../../lib/pki/pki.ts";
import { assertEquals, assertIncludes } from "../../../support/assert.ts";

for (
  const [name, headers] of [
    ["a request", {}],
    ["an upgrade", {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }],
  ] as const
) {
  Deno.test(`${name} on a connection that is not from the proxy is answered with 403 and reported`, async () => {
    const authority = await createAuthority("Test CA");
    const group = new ServerGroup();
    let stray = 0;
    const port = await startTerminator(
      await authority.issue({ commonName: "api.test", names: ["api.test"] }),
      group,
      {
        connectionOf: () => undefined,
        closed: () => {},
        request: () => {},
        upgrade: () => {},
        handshakeFailed: () => {},
        strayRequest: () => stray++,
      },
    );
    try {
      const [status, body] = await new Promise<[number | undefined, string]>((resolve, reject) => {
        const outgoing = request({
          host: "127.0.0.1",
          servername: "api.test",
          ca: authority.certificate,
          agent: false,
          port,
          headers,
          timeout: 10_000,
        }, (response) => {
          let text = "";
          response.on("data", (chunk) => text += String(chunk));
          response.once("end", () => resolve([response.statusCode, text]));
        });
        outgoing.once("timeout", () => outgoing.destroy(new Error("no answer within 10 s")));
        outgoing.once("error", reject);
        outgoing.end();
      });
      assertEquals(status, 403);
      assertIncludes(body, "only connections through the proxy");
      assertEquals(stray, 1);
    } finally {
      await group.close();
    }
  });
}

Deno.test("a connection on which no handshake begins is closed at the limit and reported", async () => {
  const authority = await createAuthority("Test CA");
  const group = new ServerGroup();
  const failed = Promise.withResolvers<string>();
  const port = await startTerminator(
    await authority.issue({ commonName: "api.test", names: ["api.test"] }),
    group,
    {
      connectionOf: () => undefined,
      closed: () => {},
      request: () => {},
      upgrade: () => {},
      handshakeFailed: failed.resolve,
      strayRequest: () => {},
    },
    200,
  );
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const tooLate = setTimeout(() => failed.reject(new Error("not closed within 20 s")), 20_000);
  try {
    assertIncludes(await failed.promise, "timeout");
    assertEquals(await conn.read(new Uint8Array(1)).catch(() => null), null);
  } finally {
    clearTimeout(tooLate);
    await group.close();
  }
});
