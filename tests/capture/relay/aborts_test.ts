/** All ways in which a client or a server ends an exchange early, through the relay. */
import { assert, assertEquals, assertIncludes, assertMatch } from "../../support/assert.ts";
import { closedPort } from "../../support/closed_port.ts";
import { bareOrigin, eventually, rawExchange } from "../../net/server/kit.ts";
import { head, opened, readUntil, relayTo } from "./kit.ts";
import { connect, type Socket } from "node:net";

const CLOSE = "Connection: close\r\n";
const STREAM = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

/** Starts a server that answers the first bytes of each connection, and collects its connections. */
async function origin(answer: (socket: Socket, request: string) => void) {
  const sockets: Socket[] = [];
  const server = await bareOrigin((socket) => {
    sockets.push(socket);
    socket.once("data", (data) => answer(socket, data.toString()));
  });
  return Object.assign(server, {
    sockets,
    /** Whether the relay has closed every connection. */
    isLeft: () => sockets.length > 0 && sockets.every((socket) => socket.readableEnded || socket.destroyed),
  });
}

Deno.test("a client that leaves before the answer ends the upstream connection", async () => {
  await using server = await origin(() => {});
  await using relay = await relayTo(server.port);
  const client = await opened(relay.port, head(relay, "GET /v1/models"));
  await eventually(() => server.sockets.length === 1, "the request arrives");
  client.close();
  await eventually(server.isLeft, "the upstream connection ends");
  assertEquals(await relay.outcomes(), ["complete", "aborted"]);
});

Deno.test("a client that leaves between two events ends the upstream connection", async () => {
  await using server = await origin((socket) => {
    socket.write(`${STREAM}8\r\ndata: 1\n\r\n`);
    socket.resume();
  });
  await using relay = await relayTo(server.port);
  const client = await opened(relay.port, head(relay, "GET /v1/models"));
  await readUntil(client, "data: 1");
  client.close();
  await eventually(server.isLeft, "the upstream connection ends");
  assertEquals(await relay.outcomes(), ["complete", "aborted"]);
});

Deno.test("a client that leaves during its upload is an incomplete transfer upstream", async () => {
  let received = "";
  await using server = await origin((socket, request) => {
    received += request;
    socket.on("data", (data: Uint8Array) => received += new TextDecoder().decode(data));
  });
  await using relay = await relayTo(server.port);
  const client = await opened(
    relay.port,
    head(relay, "POST /v1/responses", "Content-Length: 100\r\n") + "half",
  );
  await eventually(() => received.includes("half"), "the half arrives");
  client.close();
  await eventually(server.isLeft, "the upstream connection ends");
  assertIncludes(received, "Content-Length: 100\r\n");
  assertEquals(await relay.outcomes(), ["failed", "aborted"]);
});

/** Sends the head of a large request and 12 MiB of its body to a server that reads nothing, then leaves. */
async function leaveUnread(how: "FIN" | "RST"): Promise<readonly string[]> {
  const sockets: Socket[] = [];
  await using server = await bareOrigin((socket) => void sockets.push(socket.pause()));
  await using relay = await relayTo(server.port);
  const client = connect({ host: "127.0.0.1", port: relay.port });
  client.on("error", () => {});
  client.write(head(relay, "POST /v1/responses", `Content-Length: ${64 * 1024 * 1024}\r\n`));
  let isSent = false;
  client.write(new Uint8Array(12 * 1024 * 1024), () => isSent = true);
  await eventually(() => isSent && sockets.length === 1, "the part of the body is taken");
  if (how === "FIN") client.destroy();
  else client.resetAndDestroy();
  const outcomes = await relay.outcomes();
  // The server sees the end behind what it has not read.
  for (const socket of sockets) socket.resume();
  await eventually(
    () => sockets.every((socket) => socket.readableEnded || socket.destroyed),
    "the connection ends",
  );
  return outcomes;
}

for (const how of ["FIN", "RST"] as const) {
  Deno.test(`a client that leaves by ${how} during an upload is noticed before the server reads it`, async () => {
    assertEquals(await leaveUnread(how), ["failed", "aborted"]);
  });
}

const WITHOUT_ANSWER: readonly (readonly [what: string, answer: (socket: Socket) => void])[] = [
  ["closes without an answer", (socket) => socket.end()],
  ["resets without an answer", (socket) => socket.resetAndDestroy()],
  ["answers with something else than HTTP", (socket) => socket.end("220 mail.example ESMTP\r\n")],
  ["breaks off inside of its head", (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Le")],
  [
    "switches protocols unasked",
    (socket) =>
      void socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
  ],
];

for (const [what, answer] of WITHOUT_ANSWER) {
  Deno.test(`a server that ${what} causes a 502 that names the channel`, async () => {
    await using server = await origin(answer);
    await using relay = await relayTo(server.port);
    const reply = await rawExchange(
      relay.port,
      head(relay, "POST /v1/responses", `${CLOSE}Content-Length: 2\r\n`) + "{}",
    );
    assertIncludes(reply, "HTTP/1.1 502 ");
    assertMatch(reply, /"type":"culvert_relay".*|channel: model/);
    assertIncludes(reply, "channel: model");
    assertEquals((await relay.outcomes())[1], "failed");
  });
}

Deno.test("a server that does not listen causes a 502 with the reason", async () => {
  await using relay = await relayTo(closedPort());
  const reply = await rawExchange(relay.port, head(relay, "GET /v1/models", CLOSE));
  assertIncludes(reply, "HTTP/1.1 502 ");
  assertIncludes(reply, '"code":"connect"');
});

const CUT_BODIES: readonly (readonly [what: string, answer: (socket: Socket) => void])[] = [
  ["a reset in the middle of a body", (socket) => {
    socket.write(`${STREAM}4\r\ndata\r\n`, () => setTimeout(() => socket.resetAndDestroy(), 50));
  }],
  ["a chunked body without its end", (socket) => socket.end(`${STREAM}4\r\ndata\r\n`)],
  [
    "a body shorter than its length",
    (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ndata"),
  ],
];

for (const [what, answer] of CUT_BODIES) {
  Deno.test(`${what} reaches the client as an incomplete transfer, after the bytes that had arrived`, async () => {
    await using server = await origin(answer);
    await using relay = await relayTo(server.port);
    const reply = await rawExchange(relay.port, head(relay, "GET /v1/models", CLOSE));
    assertIncludes(reply, "data");
    assert(!reply.includes("0\r\n\r\n"), reply);
    assertEquals(await relay.outcomes(), ["complete", "failed"]);
  });
}

Deno.test("an answer that comes before the end of the upload reaches the client", async () => {
  await using server = await origin((socket) => {
    socket.write("HTTP/1.1 413 Payload Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
    socket.resume();
  });
  await using relay = await relayTo(server.port);
  const client = await opened(
    relay.port,
    head(relay, "POST /v1/responses", "Content-Length: 1000000\r\n") + "x".repeat(1000),
  );
  const text = await readUntil(client, "big");
  assertIncludes(text, "HTTP/1.1 413 Payload Too Large");
  client.close();
});

Deno.test("two requests on one client connection are two exchanges, each on its own connection upstream", async () => {
  await using server = await origin((socket, request) => {
    const path = request.split(" ")[1] ?? "";
    socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
  });
  await using relay = await relayTo(server.port);
  const client = await opened(relay.port, head(relay, "GET /v1/one"));
  await readUntil(client, "/base/one");
  await client.write(new TextEncoder().encode(head(relay, "GET /v1/two?a=%20b")));
  await readUntil(client, "/base/two?a=%20b");
  client.close();
  assertEquals([relay.exchanges.length, server.sockets.length], [2, 2]);
});

const UPGRADE =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\n";
const ACCEPTED =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Odd-CASE: 1\r\n\r\n";

Deno.test("an upgrade is relayed byte for byte, with the bytes that follow both heads", async () => {
  let request = "";
  let echoed = "";
  await using server = await origin((socket, text) => {
    request = text;
    socket.write(`${ACCEPTED}early frame`);
    socket.on("data", (data: Uint8Array) => {
      echoed += new TextDecoder().decode(data);
      socket.write(data);
    });
  });
  await using relay = await relayTo(server.port);
  const client = await opened(relay.port, head(relay, "GET /v1/responses", UPGRADE) + "ahead");
  assertIncludes(await readUntil(client, "early frame"), "X-Odd-CASE: 1\r\n");
  await eventually(() => echoed.includes("ahead") || request.includes("ahead"), "what came behind the head");
  await client.write(new TextEncoder().encode("ping"));
  await readUntil(client, "ping");
  assertIncludes(request, `GET /base/responses HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n`);
  assertIncludes(request, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  client.close();
  await eventually(server.isLeft, "the upstream connection ends");
  assert(relay.exchanges[0]?.upgraded);
});

Deno.test("a server that resets an open websocket resets the client", async () => {
  await using server = await origin((socket) => {
    socket.write(ACCEPTED);
    setTimeout(() => socket.resetAndDestroy(), 100);
  });
  await using relay = await relayTo(server.port);
  const reply = await rawExchange(relay.port, head(relay, "GET /v1/responses", UPGRADE));
  assertIncludes(reply, "HTTP/1.1 101 ");
  assertMatch(reply, /\[(ConnectionReset|Error|BrokenPipe)/);
  assertEquals((await relay.outcomes())[1], "failed");
});

Deno.test("a client that leaves while the upgrade waits ends the upstream connection", async () => {
  await using server = await origin((socket) => void socket.resume());
  await using relay = await relayTo(server.port);
  const client = await opened(relay.port, head(relay, "GET /v1/responses", UPGRADE));
  await eventually(() => server.sockets.length === 1, "the upgrade arrives");
  client.close();
  await eventually(server.isLeft, "the upstream connection ends");
  assertEquals(await relay.outcomes(), ["aborted", "aborted"]);
});

for (
  const status of ["401 Unauthorized", "403 Forbidden", "426 Upgrade Required", "429 Too Many", "500 Oops"]
) {
  Deno.test(`an upgrade refused with ${status} reaches the client completely, and the connection is not used again`, async () => {
    await using server = await origin((socket) => {
      socket.write(`HTTP/1.1 ${status}\r\nX-Request-Id: r1\r\nx-ODD: 2\r\nContent-Length: 4\r\n\r\nnope`);
    });
    await using relay = await relayTo(server.port);
    const reply = await rawExchange(
      relay.port,
      head(relay, "GET /v1/responses", UPGRADE) + head(relay, "GET /v1/secret-path"),
    );
    assertIncludes(reply, `HTTP/1.1 ${status}\r\nX-Request-Id: r1\r\nx-ODD: 2\r\nContent-Length: 4\r\n`);
    assert(reply.endsWith("nope"), reply);
    assertEquals(server.sockets.length, 1);
    assertEquals(await relay.outcomes(), ["complete", "complete"]);
  });
}

Deno.test("a server that closes at an upgrade causes a 502, never a 101", async () => {
  await using server = await origin((socket) => socket.end());
  await using relay = await relayTo(server.port);
  const reply = await rawExchange(relay.port, head(relay, "GET /v1/responses", UPGRADE));
  assertIncludes(reply, "HTTP/1.1 502 ");
  assertIncludes(reply, "channel: model_websocket");
});

Deno.test("an upgrade that the server never answers ends with a 502 that names the time limit and the channel", async () => {
  await using server = await origin((socket) => void socket.resume());
  await using relay = await relayTo(server.port, { headTimeoutMs: 300 });
  const reply = await rawExchange(relay.port, head(relay, "GET /v1/responses", UPGRADE));
  assertIncludes(reply, "HTTP/1.1 502 ");
  assertIncludes(reply, "no answer to the upgrade within 0.3 s");
  assertIncludes(reply, "channel: model_websocket");
  await eventually(server.isLeft, "the upstream connection ends");
  assertEquals((await relay.outcomes())[1], "failed");
  assertIncludes(
    relay.exchanges[0]?.ends.find(({ direction }) => direction === "response")?.error ?? "",
    "no answer to the upgrade within 0.3 s",
  );
});

Deno.test("a request that the server never answers ends with a 502 that names the time limit", async () => {
  await using server = await origin((socket) => void socket.resume());
  await using relay = await relayTo(server.port, { headTimeoutMs: 300 });
  const reply = await rawExchange(relay.port, head(relay, "GET /v1/models"));
  assertIncludes(reply, "HTTP/1.1 502 ");
  assertIncludes(reply, "no response within 0.3 s");
  await eventually(server.isLeft, "the upstream connection ends");
});

Deno.test("--no-websocket answers an upgrade with 426 and closes", async () => {
  await using server = await origin(() => {});
  await using relay = await relayTo(server.port, { refusesWebSockets: true });
  const reply = await rawExchange(relay.port, head(relay, "GET /v1/responses", UPGRADE));
  assertIncludes(reply, "HTTP/1.1 426 Upgrade Required\r\n");
  assertIncludes(reply.toLowerCase(), "connection: close\r\n");
  assertEquals(server.sockets.length, 0);
});
