import { listen } from "../../../lib/net/server/listener.ts";
import { assertEquals } from "../../support/assert.ts";

const UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** Sends a head and returns the status line of the answer. */
async function statusLine(port: number, requestLine: string, fields: string): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const silent = setTimeout(() => conn.close(), 10_000);
  try {
    await conn.write(new TextEncoder().encode(`${requestLine} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`));
    const buffer = new Uint8Array(4_096);
    const count = await conn.read(buffer) ?? 0;
    return new TextDecoder().decode(buffer.subarray(0, count)).split("\r\n")[0] ?? "";
  } finally {
    clearTimeout(silent);
  }
}

for (const [kind, fields] of [["a request", ""], ["an upgrade", UPGRADE]] as const) {
  for (const requestLine of ["GET http://[", "GET http://a:99999/", "TRACE /"]) {
    Deno.test(`${kind} for which no Request can be made (${requestLine}) is answered with 400`, async () => {
      const server = await listen({
        handle: () => new Response(),
        upgrade: (_request, offer) => offer.drop(),
      });
      try {
        assertEquals(await statusLine(server.port, requestLine, fields), "HTTP/1.1 400 Bad Request");
      } finally {
        await server.close();
      }
    });
  }
}

Deno.test("a path that begins with two slashes is not read as a host", async () => {
  const paths: string[] = [];
  const server = await listen({
    handle: (request) => {
      paths.push(new URL(request.url).pathname);
      return new Response();
    },
  });
  try {
    await statusLine(server.port, "GET //v1/models", "");
    await statusLine(server.port, "GET //", "");
    assertEquals(paths, ["//v1/models", "//"]);
  } finally {
    await server.close();
  }
});
