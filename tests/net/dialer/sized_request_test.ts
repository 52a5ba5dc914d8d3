import { asCulvertError, type CulvertError } from "../../../lib/errors.ts";
import { startMockApi } from "../../../lib/mock/api/api.ts";
import { readText } from "../../../lib/net/dialer/body/read_text.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { DIALER } from "../../responses/kit.ts";

/** A body that repeats one byte. */
function bodyOf(size: number, piece = 65_536): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (sent >= size) return controller.close();
      const bytes = new Uint8Array(Math.min(piece, size - sent)).fill(7);
      sent += bytes.length;
      controller.enqueue(bytes);
    },
  });
}

function put(
  url: string,
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  bodySize: number,
  headerTimeoutMs = 10_000,
) {
  return DIALER.request({ method: "PUT", url: new URL(url), headers: {}, body, bodySize, headerTimeoutMs });
}

/** Starts a server on a socket whose answers the function writes. */
function bareServer(
  serve: (conn: Deno.Conn) => Promise<void>,
): { readonly url: string } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  void (async () => {
    for await (const conn of listener) {
      try {
        await serve(conn);
      } catch {
        // The client has left.
      }
      conn.close();
    }
  })().catch(() => {});
  return { url: `http://127.0.0.1:${listener.addr.port}/x`, [Symbol.dispose]: () => listener.close() };
}

async function failure(work: Promise<unknown>): Promise<CulvertError> {
  return await work.then(() => {
    throw new Error("It succeeded");
  }, asCulvertError);
}

Deno.test("a body of known size is sent with Content-Length and not in chunks", async () => {
  await using api = await startMockApi({ plain: true, open: true });
  const reply = await put(`${api.origin}/v1/none`, bodyOf(200_000), 200_000);
  assertEquals([reply.status, (await readText(reply.body, { maxBytes: 1_000 })).isComplete], [404, true]);
  const [seen] = api.log.all;
  assertEquals([seen?.bytes.length, seen?.headers["content-length"], seen?.headers["transfer-encoding"]], [
    200_000,
    "200000",
    undefined,
  ]);
});

Deno.test("a server that rejects a request before it has read the body is reported by its status, not as a cut connection", async () => {
  using server = bareServer(async (conn) => {
    await conn.read(new Uint8Array(100));
    await conn.write(new TextEncoder().encode("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"));
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
  const reply = await put(server.url, bodyOf(200_000_000), 200_000_000);
  assertEquals([reply.status, (await readText(reply.body, { maxBytes: 10 })).text], [403, "no"]);
});

Deno.test("a connection that is cut during the upload fails with reset", async () => {
  using server = bareServer(async (conn) => {
    await conn.read(new Uint8Array(100));
  });
  assertEquals((await failure(put(server.url, bodyOf(50_000_000), 50_000_000))).code, "reset");
});

Deno.test("a server that reads no bytes for the time limit fails with header_timeout, for a body of any length", async () => {
  using server = bareServer(async (conn) => {
    await conn.read(new Uint8Array(100));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  });
  const error = await failure(put(server.url, bodyOf(50_000_000), 50_000_000, 300));
  assertEquals([error.code, error.details["timeout_ms"]], ["header_timeout", 300]);
});

Deno.test("a body with more or fewer bytes than announced fails, and the request is not completed", async () => {
  for (const announced of [10, 30]) {
    await using api = await startMockApi({ plain: true, open: true });
    const error = await failure(put(`${api.origin}/v1/none`, bodyOf(20), announced));
    assertEquals(error.code, "input_unreadable");
    assert(api.log.all.every(({ bytes }) => bytes.length < announced));
  }
});

Deno.test("an aborted request throws the signal's reason and closes the connection", async () => {
  using server = bareServer(async (conn) => {
    await conn.read(new Uint8Array(100));
    await new Promise((resolve) => setTimeout(resolve, 500));
  });
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("enough")), 100);
  const thrown = await DIALER.request({
    method: "PUT",
    url: new URL(server.url),
    headers: {},
    body: bodyOf(50_000_000),
    bodySize: 50_000_000,
    signal: stop.signal,
  }).then(() => undefined, (error: unknown) => error);
  assert(thrown instanceof Error && thrown.message === "enough", String(thrown));
});
