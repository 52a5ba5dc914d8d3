import zlib from "node:zlib";
import type { Transform } from "node:stream";
import { assert, assertEquals, assertIncludes } from "../../../support/assert.ts";
import {
  COMPLETED,
  CREATED,
  delta,
  frames,
  type Handler,
  HELLO,
  ONCE,
  provider,
  runScript,
  scriptedServer,
  session,
} from "../../kit.ts";

const ENCODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => zlib.createGzip(),
  deflate: () => zlib.createDeflate(),
  "deflate without the zlib header": () => zlib.createDeflateRaw(),
  br: () => zlib.createBrotliCompress(),
  zstd: () => zlib.createZstdCompress(),
};

/** Sends events through an encoder, flushed one by one; each is sent when `next` resolves. */
function encoded(name: string, events: readonly object[], next: () => Promise<void>): Handler {
  return () => {
    const encoder = ENCODERS[name]?.();
    if (encoder === undefined) throw new Error(`No encoder ${name}`);
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        encoder.on("data", (bytes: Uint8Array) => controller.enqueue(new Uint8Array(bytes)));
        encoder.on("end", () => controller.close());
        for (const event of events) {
          encoder.write(frames([event]));
          await new Promise<void>((resolve) =>
            Reflect.apply(Reflect.get(encoder, "flush"), encoder, [resolve])
          );
          await next();
        }
        encoder.end();
      },
    });
    const coding = name.split(" ")[0] ?? "";
    return new Response(body, {
      headers: { "content-type": "text/event-stream", "content-encoding": coding },
    });
  };
}

for (const name of Object.keys(ENCODERS)) {
  Deno.test(`an event stream in ${name} is decoded event by event as it arrives`, async () => {
    let sendNext = () => {};
    const step = () => new Promise<void>((resolve) => sendNext = resolve);
    await using server = scriptedServer(encoded(name, [CREATED, delta("a"), COMPLETED], step));
    const types: string[] = [];
    for await (const event of session(server.url).turn(HELLO)) {
      types.push(event.type);
      // The server sends the next event only after this one has been read.
      if (event.type.startsWith("response.")) setTimeout(sendNext, 0);
    }
    assertEquals(types.filter((type) => type.startsWith("response.")), [
      "response.created",
      "response.output_text.delta",
      "response.completed",
    ]);
    assertEquals(server.seen[0]?.headers.get("accept-encoding"), "zstd, gzip");
  });
}

Deno.test("a stream in an unknown encoding fails after one request and names the encoding", async () => {
  const handler: Handler = () =>
    new Response(frames([COMPLETED]), {
      headers: { "content-type": "text/event-stream", "content-encoding": "x-secret" },
    });
  const { result, seen } = await runScript([handler]);
  assertEquals([result.error?.code, seen.length], ["response_failed", 1]);
  assertIncludes(result.error?.message ?? "", '"x-secret"');
});

Deno.test("a truncated zstd stream is a cut connection and not a complete answer", async () => {
  const whole = zlib.zstdCompressSync(frames([CREATED, delta("a".repeat(1_000)), COMPLETED]));
  const handler: Handler = () =>
    new Response(new Uint8Array(whole.subarray(0, whole.length - 20)), {
      headers: { "content-type": "text/event-stream", "content-encoding": "zstd" },
    });
  const { result } = await runScript([handler], { provider: ONCE });
  assertEquals([result.status, result.error?.code], ["failed", "stream_closed"]);
});

Deno.test("a stream that expands endlessly is decoded only as fast as its reader reads it", async () => {
  const bomb = zlib.zstdCompressSync(new Uint8Array(64 * 1024 * 1024));
  const handler: Handler = () =>
    new Response(new Uint8Array(bomb), {
      headers: { "content-type": "text/event-stream", "content-encoding": "zstd" },
    });
  await using server = scriptedServer(handler);
  const one = session(server.url, { provider: provider(server.url, ONCE) });
  const before = Deno.memoryUsage().rss;
  for await (const event of one.turn(HELLO)) {
    if (event.type === "culvert.result") assert(event.status === "failed");
  }
  assert(Deno.memoryUsage().rss - before < 512 * 1024 * 1024);
});
