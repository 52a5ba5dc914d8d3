/** Responses without a body, interim responses, and requests that two servers may parse differently. */
import { assert, assertEquals, assertIncludes, assertMatch } from "../../support/assert.ts";
import { bareOrigin, eventually, rawExchange } from "../../net/server/kit.ts";
import { head, opened, readUntil, relayTo } from "./kit.ts";
import type { Socket } from "node:net";

/** Starts a server that answers each request of a connection according to its path. */
function answering(answers: Readonly<Record<string, string>>) {
  const sockets: Socket[] = [];
  const server = bareOrigin((socket) => {
    sockets.push(socket);
    socket.on("data", (data: Uint8Array) => {
      const path = new TextDecoder().decode(data).split(" ")[1] ?? "";
      socket.write(answers[path] ?? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    });
  });
  return { server, sockets };
}

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext";

const BODILESS: readonly (readonly [what: string, line: string, answer: string, expected: RegExp])[] = [
  [
    "a HEAD response with the length of the body that a GET would have",
    "HEAD /v1/x",
    "HTTP/1.1 200 OK\r\nContent-Length: 4711\r\n\r\n",
    /^HTTP\/1\.1 200 OK\r\nContent-Length: 4711\r\n/,
  ],
  [
    "a HEAD response of unknown length",
    "HEAD /v1/x",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    /^HTTP\/1\.1 200 OK\r\n/,
  ],
  [
    "a 204",
    "DELETE /v1/x",
    "HTTP/1.1 204 No Content\r\nX-Odd: 1\r\n\r\n",
    /^HTTP\/1\.1 204 No Content\r\nX-Odd: 1\r\n/,
  ],
  [
    "a 304 with the length of the body that was not modified",
    "GET /v1/x",
    'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 4711\r\n\r\n',
    /^HTTP\/1\.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 4711\r\n/,
  ],
  [
    "an empty chunked response",
    "GET /v1/x",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    /\r\n\r\n0\r\n\r\n$/,
  ],
];

for (const [what, line, answer, expected] of BODILESS) {
  Deno.test(`${what} is relayed, and the connection serves the next request`, async () => {
    const { server, sockets } = answering({ "/base/x": answer, "/base/next": OK });
    await using origin = await server;
    await using relay = await relayTo(origin.port);
    const client = await opened(relay.port, head(relay, line));
    let reply = await readUntil(client, "\r\n\r\n");
    if (expected.source.startsWith("\\r")) {
      reply += reply.endsWith("0\r\n\r\n") ? "" : await readUntil(client, "0\r\n\r\n");
    }
    assertMatch(reply, expected);
    if (!expected.source.startsWith("\\r")) assert(reply.endsWith("\r\n\r\n"), reply);
    await client.write(new TextEncoder().encode(head(relay, "GET /v1/next")));
    const next = await readUntil(client, "next");
    assert(next.startsWith("HTTP/1.1 200 OK\r\n"), next);
    client.close();
    assertEquals(await relay.outcomes(), ["complete", "complete"]);
    assertEquals(sockets.length, 1);
  });
}

Deno.test("a response that is delimited by the end of the connection arrives completely, with its own end", async () => {
  await using origin = await bareOrigin((socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nfirst ");
      setTimeout(() => socket.end("last"), 50);
    });
  });
  await using relay = await relayTo(origin.port);
  const client = await opened(relay.port, head(relay, "GET /v1/x"));
  const reply = await readUntil(client, "0\r\n\r\n");
  assertIncludes(reply, "Transfer-Encoding: chunked\r\n");
  assertIncludes(reply, "6\r\nfirst \r\n");
  assertIncludes(reply, "4\r\nlast\r\n");
  client.close();
  assertEquals(await relay.outcomes(), ["complete", "complete"]);
});

Deno.test("100 Continue comes from the server before the body is sent, and the body follows", async () => {
  let seen = "";
  await using origin = await bareOrigin((socket) => {
    socket.on("data", (data: Uint8Array) => {
      seen += new TextDecoder().decode(data);
      if (seen.endsWith("\r\n\r\n")) socket.write("HTTP/1.1 100 Continue\r\n\r\n");
      if (seen.endsWith("body")) socket.write(OK);
    });
  });
  await using relay = await relayTo(origin.port);
  const client = await opened(
    relay.port,
    head(relay, "POST /v1/x", "Content-Length: 4\r\nExpect: 100-continue\r\n"),
  );
  assertEquals(await readUntil(client, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  assert(!seen.includes("body"));
  await client.write(new TextEncoder().encode("body"));
  assertIncludes(await readUntil(client, "next"), "HTTP/1.1 200 OK\r\n");
  client.close();
});

Deno.test("102 and 103 are relayed in order, and are among the recorded heads", async () => {
  await using origin = await bareOrigin((socket) => {
    socket.once("data", () => {
      socket.write(
        "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n",
      );
      socket.write(OK);
    });
  });
  await using relay = await relayTo(origin.port);
  const client = await opened(relay.port, head(relay, "GET /v1/x"));
  const reply = await readUntil(client, "next");
  assertMatch(
    reply,
    /^HTTP\/1\.1 102 Processing\r\n\r\nHTTP\/1\.1 103 Early Hints\r\n.*HTTP\/1\.1 200 OK\r\n/s,
  );
  client.close();
  await relay.outcomes();
  assertEquals(relay.exchanges[0]?.heads.map(({ status }) => status), [undefined, 102, 103, 200]);
});

Deno.test("unusual header names, values, order and duplicates are relayed in both directions", async () => {
  let seen = "";
  const fields = "X-ZETA: 1\r\nx-alpha:  two  spaces\r\nX-Zeta: 3\r\nx_under.score!: 4\r\nX-Empty: \r\n";
  await using origin = await bareOrigin((socket) => {
    socket.once("data", (data: Uint8Array) => {
      seen = new TextDecoder("latin1").decode(data);
      socket.write(
        `HTTP/1.1 299 Quite Fine Indeed\r\n${fields}Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 4\r\n\r\nnext`,
      );
    });
  });
  await using relay = await relayTo(origin.port);
  const client = await opened(relay.port, head(relay, "GET /v1/x?b=%2F&a=1;c", fields));
  const reply = await readUntil(client, "next");
  client.close();
  // Blanks around a value are not part of it (RFC 9110 §5.5).
  const passed = fields.replace(":  two", ": two");
  assertIncludes(seen, "GET /base/x?b=%2F&a=1;c HTTP/1.1\r\n");
  assertIncludes(seen, passed);
  assertIncludes(
    reply,
    `HTTP/1.1 299 Quite Fine Indeed\r\n${passed}Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 4\r\n`,
  );
  assert(!/\r\ndate:/i.test(reply), "a Date that the server did not send");
});

/** Requests that the relay refuses before it sends any byte to the server. */
const REFUSED: readonly (readonly [what: string, request: (port: number) => string, status: RegExp])[] = [
  [
    "both a length and a transfer encoding",
    (port) =>
      `POST /v1/x HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    /^HTTP\/1\.1 400 /,
  ],
  [
    "two lengths",
    (port) =>
      `POST /v1/x HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`,
    /^HTTP\/1\.1 400 /,
  ],
  [
    "two hosts",
    (port) => `GET /v1/x HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nHost: evil.test\r\nConnection: close\r\n\r\n`,
    /^HTTP\/1\.1 4(00|21) /,
  ],
  ["no host", () => "GET /v1/x HTTP/1.1\r\nConnection: close\r\n\r\n", /^HTTP\/1\.1 4(00|21) /],
  [
    "an absolute URL of another server",
    (port) => `GET http://evil.test/v1/x HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
    /^HTTP\/1\.1 404 /,
  ],
  [
    "a path that climbs",
    (port) => `GET /v1/../admin HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
    /^HTTP\/1\.1 400 /,
  ],
  [
    "an encoded slash",
    (port) => `GET /v1/a%2Fb HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
    /^HTTP\/1\.1 400 /,
  ],
  [
    "a path beside the channels",
    (port) => `GET /v10/x HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
    /^HTTP\/1\.1 404 /,
  ],
  ["CONNECT", () => "CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n", /^HTTP\/1\.1 405 /],
  [
    "an upgrade of a web page",
    (port) =>
      `GET /v1/responses HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: https://evil.test\r\nConnection: Upgrade\r\n` +
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    /^HTTP\/1\.1 403 /,
  ],
  ["bytes that are not HTTP", () => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", /^HTTP\/1\.1 400 /],
];

for (const [what, request, status] of REFUSED) {
  Deno.test(`a request with ${what} is refused before anything reaches the server`, async () => {
    const { server, sockets } = answering({});
    await using origin = await server;
    await using relay = await relayTo(origin.port);
    assertMatch(await rawExchange(relay.port, request(relay.port)), status);
    assertEquals(sockets.length, 0);
    await eventually(() => relay.exchanges.length === 0, "no exchange");
  });
}
