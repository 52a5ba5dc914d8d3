/** Bytes through the relay: encodings, speed and amounts. */
import { gzipSync } from "node:zlib";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { bareOrigin, eventually, nodeOrigin } from "../../net/server/kit.ts";
import { head, opened, readUntil, relayTo } from "./kit.ts";

for (const encoding of ["gzip", "br", "zstd", "odd"]) {
  Deno.test(`a body with content-encoding ${encoding} and its accept-encoding are relayed byte for byte`, async () => {
    const body = new Uint8Array(
      encoding === "gzip" ? gzipSync("x".repeat(1000)) : crypto.getRandomValues(new Uint8Array(500)),
    );
    let accepted: string | undefined;
    await using server = await nodeOrigin((request, response) => {
      accepted = request.headers["accept-encoding"];
      response.writeHead(200, { "content-encoding": encoding, "content-length": body.length });
      response.end(body);
    });
    await using relay = await relayTo(server.port);
    const client = await opened(
      relay.port,
      head(relay, "GET /v1/models", "Accept-Encoding: zstd,gzip\r\nConnection: close\r\n"),
    );
    const chunks: number[] = [];
    for await (const chunk of client.readable) chunks.push(...chunk);
    const text = new TextDecoder("latin1").decode(Uint8Array.from(chunks));
    const at = text.indexOf("\r\n\r\n") + 4;
    assertIncludes(
      text.slice(0, at).toLowerCase(),
      `content-encoding: ${encoding}\r\ncontent-length: ${body.length}\r\n`,
    );
    assertEquals(Uint8Array.from(chunks.slice(at)), body);
    assertEquals(accepted, "zstd,gzip");
    assertEquals(Uint8Array.from(relay.exchanges[0]?.received.flatMap((piece) => [...piece]) ?? []), body);
  });
}

Deno.test("each chunk is relayed before the next is sent, without waiting for more", async () => {
  let next = () => {};
  await using server = await nodeOrigin((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    let count = 0;
    next = () => void response.write(`data: ${++count}\n\n`);
    next();
  });
  await using relay = await relayTo(server.port);
  const client = await opened(relay.port, head(relay, "GET /v1/models"));
  for (let count = 1; count <= 5; count++) {
    await readUntil(client, `data: ${count}\n\n`);
    next();
  }
  client.close();
});

const LARGE = 128 * 1024 * 1024;
/** Maximum number of bytes in the buffers of the kernel and of the streams. */
const HELD = 48 * 1024 * 1024;

Deno.test("a client that does not read stops the server", async () => {
  let written = 0;
  await using server = await bareOrigin((socket) => {
    const piece = new Uint8Array(65_536);
    socket.once("data", () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n`);
      const more = () => {
        while (written < LARGE) {
          written += piece.length;
          if (!socket.write(piece)) return void socket.once("drain", more);
        }
      };
      more();
    });
  });
  await using relay = await relayTo(server.port);
  const client = await opened(relay.port, head(relay, "GET /v1/models"));
  await readUntil(client, "\r\n\r\n");
  let before = -1;
  while (before !== written) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
  assert(written < HELD, `${written} bytes were taken for a client that does not read`);
  client.close();
});

Deno.test("a server that does not read stops the client", async () => {
  await using server = await bareOrigin((socket) => socket.pause());
  await using relay = await relayTo(server.port);
  const client = await opened(relay.port, head(relay, "POST /v1/responses", `Content-Length: ${LARGE}\r\n`));
  let written = 0;
  const piece = new Uint8Array(65_536);
  const writing = (async () => {
    while (written < LARGE) written += await client.write(piece);
  })().catch(() => {});
  let before = -1;
  while (before !== written) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
  assert(written < HELD, `${written} bytes were taken for a server that does not read`);
  client.close();
  await writing;
});

Deno.test("64 MiB are relayed completely in both directions", async () => {
  const size = 64 * 1024 * 1024;
  let received = 0;
  await using server = await nodeOrigin((request, response) => {
    request.on("data", (chunk: Uint8Array) => received += chunk.length);
    request.on("end", () => {
      response.writeHead(200, { "content-length": size });
      response.end(new Uint8Array(size));
    });
  });
  await using relay = await relayTo(server.port);
  const reply = await fetch(`${relay.url}/files`, { method: "POST", body: new Uint8Array(size) });
  let read = 0;
  for await (const chunk of reply.body ?? []) read += chunk.length;
  assertEquals([received, read], [size, size]);
  await eventually(() => relay.exchanges[0]?.ends.length === 2, "both directions have ended");
});
