/** Connections of which one side was ended (FIN) while the other is open. */
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { bind } from "../../../lib/net/server/tracked_server.ts";
import { eventually } from "../../net/server/kit.ts";
import { head, opened, readUntil, relayTo } from "./kit.ts";

/** A TCP server of the test. */
async function tcpServer(serve: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  return {
    port: await bind(server, 0, "127.0.0.1"),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

Deno.test("a client that half-closes after a request has left: the server sees it, and the exchange is aborted", async () => {
  let isClosed = false;
  let received = "";
  await using server = await tcpServer((socket) => {
    socket.on("data", (data) => received += data.toString());
    socket.on("end", () => isClosed = true);
  });
  await using relay = await relayTo(server.port);
  using conn = await opened(relay.port, head(relay, "GET /v1/models"));
  await eventually(() => received.includes("\r\n\r\n"), "the request arrives");
  await conn.closeWrite();
  await eventually(() => isClosed, "the connection to the server ends");
  const [, response] = await relay.outcomes();
  assertEquals(response, "aborted");
});

Deno.test("a server that half-closes during a body cuts the connection of the client", async () => {
  await using server = await tcpServer((socket) => {
    socket.once("data", () => {
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    });
  });
  await using relay = await relayTo(server.port);
  const reply = await fetch(`${relay.url}/models`);
  const failure = await reply.text().then(() => "complete", () => "broken");
  assertEquals(failure, "broken");
  assertEquals((await relay.outcomes())[1], "failed");
});

Deno.test("after an upgrade each direction ends separately: bytes that are sent after the other side's end arrive", async () => {
  await using server = await tcpServer((socket) => {
    let text = "";
    socket.on("data", (data) => {
      const isFirst = text === "";
      text += data.toString();
      if (isFirst) {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      }
    });
    socket.on("end", () => setTimeout(() => socket.end(`late answer to ${text.slice(-4)}`), 100));
  });
  await using relay = await relayTo(server.port);
  const fields = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  using conn = await opened(relay.port, head(relay, "GET /v1/responses", fields));
  await readUntil(conn, "\r\n\r\n");
  await conn.write(new TextEncoder().encode("last"));
  await conn.closeWrite();
  assertIncludes(await readUntil(conn, "last"), "late answer to last");
  assertEquals(await relay.outcomes(), ["complete", "complete"]);
});
