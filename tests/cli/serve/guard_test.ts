/** The requests that `culvert serve` refuses. */
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { rawExchange } from "../../net/server/kit.ts";
import { serving, TURN } from "./kit.ts";

Deno.test("requests without the token, from web pages and for unknown paths are refused before the server is asked", async () => {
  await using scene = await serving();
  const { port } = new URL(scene.baseUrl);
  const own = `Host: 127.0.0.1:${port}\r\nAuthorization: Bearer ${scene.token}\r\n`;
  const cases: readonly (readonly [what: string, head: string, status: number, code: string])[] = [
    ["no token", `GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`, 401, "local_auth"],
    [
      "a wrong token",
      `GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer x\r\n`,
      401,
      "local_auth",
    ],
    [
      "another Host",
      `GET /v1/models HTTP/1.1\r\nHost: evil.example:${port}\r\nAuthorization: Bearer ${scene.token}\r\n`,
      421,
      "wrong_host",
    ],
    ["two Hosts", `GET /v1/models HTTP/1.1\r\n${own}Host: evil.example\r\n`, 421, "wrong_host"],
    [
      "another port in Host",
      `GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1:1\r\nAuthorization: Bearer ${scene.token}\r\n`,
      421,
      "wrong_host",
    ],
    [
      "a page of another site",
      `GET /v1/models HTTP/1.1\r\n${own}Origin: https://evil.example\r\n`,
      403,
      "web_page",
    ],
    ["a page without a site", `GET /v1/models HTTP/1.1\r\n${own}Origin: null\r\n`, 403, "web_page"],
    [
      "an image of another site",
      `GET /v1/models HTTP/1.1\r\n${own}Sec-Fetch-Site: cross-site\r\n`,
      403,
      "web_page",
    ],
    ["a path outside", `GET /backend-api/wham/usage HTTP/1.1\r\n${own}`, 404, "unknown_path"],
    ["a path that only begins alike", `GET /v1x/models HTTP/1.1\r\n${own}`, 404, "unknown_path"],
    ["dots", `GET /v1/../admin HTTP/1.1\r\n${own}`, 400, "bad_path"],
    ["encoded dots", `GET /v1/%2e%2e/admin HTTP/1.1\r\n${own}`, 400, "bad_path"],
    ["an encoded slash", `GET /v1/..%2fadmin HTTP/1.1\r\n${own}`, 400, "bad_path"],
    ["an absolute form", `GET http://127.0.0.1:${port}/v1/models HTTP/1.1\r\n${own}`, 404, "unknown_path"],
    [
      "shutdown that is not enabled",
      `POST /shutdown HTTP/1.1\r\n${own}Content-Length: 0\r\n`,
      404,
      "unknown_path",
    ],
  ];
  for (const [what, head, status, code] of cases) {
    const reply = await rawExchange(Number(port), `${head}Connection: close\r\n\r\n`);
    assertIncludes(`${what}: ${reply}`, `${what}: HTTP/1.1 ${status} `);
    assertIncludes(`${what}: ${reply}`, `"code":"${code}"`);
  }
  const connect = await rawExchange(Number(port), `CONNECT api.culvert.test:443 HTTP/1.1\r\nHost: x\r\n\r\n`);
  assertIncludes(connect, "HTTP/1.1 405 ");
  const upgrade = await rawExchange(
    Number(port),
    `GET /v1/responses HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  );
  assertIncludes(upgrade, "HTTP/1.1 421 ");
  assertEquals(scene.network.api.log.all.length, 0);
  assertEquals(scene.network.api.handshakes(), 0);
});

Deno.test("--no-local-auth accepts any client with a warning, and still refuses web pages", async () => {
  await using scene = await serving({ args: ["--no-local-auth"] });
  const reply = await fetch(`${scene.baseUrl}/responses`, TURN);
  assertEquals(reply.status, 200);
  await reply.text();
  await scene.program.seen("stderr", /every user and every program of this machine/);
  const page = await fetch(`${scene.baseUrl}/responses`, {
    ...TURN,
    headers: { origin: "https://evil.example" },
  });
  assertEquals(page.status, 403);
  await page.text();
  assertEquals(scene.network.api.log.turns.length, 1);
});

Deno.test("the server's address is only reachable on loopback", async () => {
  await using scene = await serving();
  const { port } = new URL(scene.baseUrl);
  const addresses = Deno.networkInterfaces().filter(({ family, address }) =>
    family === "IPv4" && !address.startsWith("127.")
  );
  for (const { address } of addresses) {
    const reached = await Deno.connect({ hostname: address, port: Number(port) }).then(
      (conn) => (conn.close(), true),
      () => false,
    );
    assertEquals(reached, false, address);
  }
});
