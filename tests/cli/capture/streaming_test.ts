/** Event streams through a real `culvert capture`, plain and compressed. */
import { constants, createGzip, createZstdCompress } from "node:zlib";
import type { Transform } from "node:stream";
import { loadDirectory } from "../../../lib/capture/record/read/exchanges.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { startCaptureRelay } from "../../support/capture_relay.ts";
import { join } from "../../support/paths.ts";
import { nodeOrigin } from "../../net/server/kit.ts";

const EVENTS = 5;
const GAP_MS = 200;
/** Timers and clocks round to whole milliseconds. */
const ROUNDING_MS = 2;

/** Compressors that flush after each event, as servers do. */
const ENCODINGS: Readonly<Record<string, () => readonly [stream: Transform, flush: number]>> = {
  gzip: () => [createGzip(), constants.Z_SYNC_FLUSH],
  zstd: () => [createZstdCompress(), constants.ZSTD_e_flush],
};

for (const encoding of ["identity", "gzip", "zstd"]) {
  Deno.test(`events 200 ms apart with content encoding ${encoding} are relayed one by one, and the record has the same gaps`, async () => {
    const parent = await Deno.makeTempDir({ prefix: "culvert-streaming-" });
    try {
      const written: number[] = [];
      let release = () => {};
      await using server = await nodeOrigin((request, response) => {
        request.resume();
        response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": encoding });
        const [compressor, flush] = ENCODINGS[encoding]?.() ?? [];
        compressor?.pipe(response);
        void (async () => {
          for (let n = 0; n < EVENTS; n++) {
            const { promise, resolve } = Promise.withResolvers<void>();
            release = resolve;
            written.push(performance.now());
            const text = `data: {"type":"response.output_text.delta","n":${n}}\n\n`;
            if (compressor === undefined) response.write(text);
            else {compressor.write(text, () =>
                Reflect.apply(Reflect.get(compressor, "flush"), compressor, [flush]));}
            // The next event is not written before the client has this one: a relay that held it back would stall here.
            await promise;
            await new Promise((next) => setTimeout(next, GAP_MS));
          }
          if (compressor === undefined) response.end();
          else compressor.end();
        })();
      });
      const directory = join(parent, "capture");
      await using relay = await startCaptureRelay(`http://127.0.0.1:${server.port}/v1`, directory);
      const reply = await fetch(`${relay.url}/responses`, {
        method: "POST",
        body: "{}",
        headers: { "accept-encoding": encoding },
        signal: AbortSignal.timeout(20_000),
      });
      const received: number[] = [];
      for await (const _chunk of decoded(reply, encoding)) {
        received.push(performance.now());
        release();
      }
      assertEquals(received.length, EVENTS);
      await relay.stop();
      using capture = await loadDirectory(directory);
      const events = capture.exchanges[0]?.events ?? [];
      assertEquals(events.map((event) => JSON.parse(capture.text(event) ?? "").n), [0, 1, 2, 3, 4]);
      for (let n = 1; n < EVENTS; n++) {
        const gap = (events[n]?.t_ms ?? NaN) - (events[n - 1]?.t_ms ?? NaN);
        // An event is recorded between the time at which it is written and the time at which it is received.
        const shortest = (written[n] ?? NaN) - (received[n - 1] ?? NaN);
        const longest = (received[n] ?? NaN) - (written[n - 1] ?? NaN);
        assert(shortest >= GAP_MS - ROUNDING_MS);
        assert(
          gap >= shortest - ROUNDING_MS && gap <= longest + ROUNDING_MS,
          `${gap} ms in the record, ${shortest} to ${longest} ms outside`,
        );
      }
    } finally {
      await Deno.remove(parent, { recursive: true });
    }
  });
}

/** Returns the events as they arrive. The client of the runtime decodes gzip but not zstd (Deno 2.9.6). */
async function* decoded(reply: Response, encoding: string): AsyncGenerator<string> {
  const body = reply.body ?? new ReadableStream<Uint8Array<ArrayBuffer>>();
  let chunks: AsyncIterable<Uint8Array> = body;
  if (encoding === "zstd") {
    const { Readable } = await import("node:stream");
    const { createZstdDecompress } = await import("node:zlib");
    chunks = Readable.from(body).pipe(createZstdDecompress());
  }
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      yield text.slice(0, end);
      text = text.slice(end + 2);
    }
  }
}
