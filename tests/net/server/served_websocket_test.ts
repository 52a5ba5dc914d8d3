import { listen } from "../../../lib/net/server/listener.ts";
import type { ServedWebSocket } from "../../../lib/net/server/served_websocket.ts";
import { assert, assertIncludes } from "../../support/assert.ts";

const MEGABYTE = 1024 * 1024;

/** A client frame of one megabyte: binary, final, with a mask of zeros (RFC 6455 §5.2). */
function bigFrame(): Uint8Array {
  const frame = new Uint8Array(14 + MEGABYTE);
  frame.set([0x82, 0x80 | 127]);
  new DataView(frame.buffer).setUint32(6, MEGABYTE);
  return frame;
}

/** Writes frames until one has not been taken within a second. @returns the bytes that were taken, at most `limit` */
async function takenOf(conn: Deno.Conn, limit: number): Promise<number> {
  let taken = 0;
  const frame = bigFrame();
  const writing = (async () => {
    while (taken < limit) {
      for (let at = 0; at < frame.length;) {
        const count = await conn.write(frame.subarray(at, at + 65_536));
        at += count;
        taken += count;
      }
    }
  })().catch(() => {/* The test closes the connection. */});
  for (let before = -1; before !== taken && taken < limit;) {
    before = taken;
    await Promise.race([writing, new Promise((resolve) => setTimeout(resolve, 1_000))]);
  }
  return taken;
}

/** Opens a websocket and stalls its server. @returns the bytes that the client could still send */
async function sentToStalled(stallAfterMs: number): Promise<number> {
  const accepted = Promise.withResolvers<ServedWebSocket>();
  const server = await listen({
    handle: () => new Response(),
    upgrade: async (_request, offer) => accepted.resolve(await offer.accept()),
  });
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  try {
    await conn.write(
      new TextEncoder().encode(
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      ),
    );
    const reply = new Uint8Array(4_096);
    const count = await conn.read(reply) ?? 0;
    assertIncludes(new TextDecoder().decode(reply.subarray(0, count)), "101");
    const socket = await accepted.promise;
    if (stallAfterMs === 0) socket.stall();
    else setTimeout(() => socket.stall(), stallAfterMs);
    return await takenOf(conn, 1_024 * MEGABYTE);
  } finally {
    conn.close();
    await server.close();
  }
}

Deno.test("a stalled websocket stops reading, so that its client can send no more", async () => {
  const taken = await sentToStalled(0);
  assert(taken < 32 * MEGABYTE, `${taken} bytes were taken of a client whose server stalls`);
});

Deno.test("a websocket that is stalled while its client sends stops reading", async () => {
  const taken = await sentToStalled(20);
  assert(taken < 512 * MEGABYTE, `${taken} bytes were taken of a client whose server stalls`);
});
