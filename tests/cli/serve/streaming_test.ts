/** Event streams through `serve -o`: each event passes before the next is sent, and is recorded with its own time. */
import { request } from "node:http";
import { createBrotliCompress, createGzip, createZstdCompress } from "node:zlib";
import { constants } from "node:zlib";
import { joinBytes } from "../../../lib/text/join_bytes.ts";
import { listen } from "../../../lib/net/server/listener.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { startedCulvert } from "../../support/started_culvert.ts";

const EVENTS = 6;
const GAP_MS = 200;
/** Timers and clocks round to whole milliseconds. */
const ROUNDING_MS = 2;

const ENCODERS = {
  plain: undefined,
  gzip: () => createGzip(),
  zstd: () => createZstdCompress(),
  br: () => createBrotliCompress(),
} as const;

/** A server that sends an event, waits until the test has received all of its bytes, pauses, and sends the next. */
async function lockstepServer(encoding: keyof typeof ENCODERS) {
  const sentAt: number[] = [];
  const receivedAt: number[] = [];
  /** Bytes of the body up to the end of each event. */
  const ends: number[] = [];
  const received = Array.from({ length: EVENTS }, () => Promise.withResolvers<void>());
  async function* texts() {
    for (let index = 0; index < EVENTS; index++) {
      sentAt.push(performance.now());
      yield `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"${index}"}\n\n`;
      await received[index]?.promise;
      await new Promise((resolve) => setTimeout(resolve, GAP_MS));
    }
  }
  const encoder = ENCODERS[encoding]?.();
  function eventOf(chunks: readonly Uint8Array<ArrayBuffer>[]) {
    const event = joinBytes(chunks);
    ends.push((ends.at(-1) ?? 0) + event.length);
    return event;
  }
  async function* pieces() {
    if (encoder === undefined) {
      for await (const text of texts()) yield eventOf([new TextEncoder().encode(text)]);
      return;
    }
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    encoder.on("data", (chunk: Uint8Array) => chunks.push(new Uint8Array(chunk)));
    const flush = encoding === "br"
      ? constants.BROTLI_OPERATION_FLUSH
      : encoding === "zstd"
      ? constants.ZSTD_e_flush
      : constants.Z_SYNC_FLUSH;
    for await (const text of texts()) {
      encoder.write(text);
      await new Promise<void>((resolve) => encoder.flush(flush, () => resolve()));
      yield eventOf(chunks.splice(0));
    }
    await new Promise<void>((resolve) => encoder.end(() => resolve()));
    yield* chunks.splice(0);
  }
  const server = await listen({
    handle: () =>
      new Response(ReadableStream.from(pieces()), {
        headers: {
          "content-type": "text/event-stream",
          ...(encoder === undefined ? {} : { "content-encoding": encoding }),
        },
      }),
  });
  const got = (bytes: number) => {
    for (const [index, end] of ends.entries()) {
      if (end > bytes || receivedAt[index] !== undefined) continue;
      receivedAt[index] = performance.now();
      received[index]?.resolve();
    }
  };
  return { ...server, sentAt, receivedAt, got };
}

/** Asks for the stream and acknowledges the bytes received so far, without decoding anything. */
function follow(url: string, got: (bytes: number) => void): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: "POST",
      headers: { "accept-encoding": "zstd, gzip, br", "content-type": "application/json" },
      agent: false,
    }, (response) => {
      let bytes = 0;
      const fields = response.rawHeaders;
      response.on("data", (chunk: Uint8Array) => got(bytes += chunk.length));
      response.on("end", () => resolve(fields));
      response.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end('{"model":"gpt-5.2","input":"hello","stream":true}');
  });
}

for (const encoding of ["plain", "gzip", "zstd", "br"] as const) {
  Deno.test(`a ${encoding} stream is relayed by serve event by event, and the record has the time of each`, async () => {
    const server = await lockstepServer(encoding);
    const work = await Deno.makeTempDir({ prefix: "culvert-streaming-" });
    try {
      {
        await using program = await startedCulvert(
          ["serve", "--no-local-auth", "-o", join(work, "capture"), "--base-url"].concat(
            `http://127.0.0.1:${server.port}/v1`,
          ),
          { env: { SHELL: "/bin/sh", CULVERT_API_KEY: "sk-planted-0123456789abcdef" } },
        );
        const [, base = ""] = await program.seen("stdout", /OPENAI_BASE_URL='([^']+)'/);
        // A relay that held an event back would never let the server send the next.
        const fields = await follow(`${base}/responses`, server.got);
        assertEquals(fields.includes(encoding), encoding !== "plain");
        program.kill("SIGTERM");
        assertEquals(await program.end(), 0);
      }
      const records = jsonLines(await Deno.readTextFile(join(work, "capture", "capture.jsonl")));
      const events = records.filter(({ kind }) => kind === "sse.event");
      assertEquals(events.map(({ data }) => JSON.parse(String(data)).delta), ["0", "1", "2", "3", "4", "5"]);
      // The server pauses between the receipt of an event and the next one: so do the records.
      const times = events.map(({ t_ms }) => Number(t_ms));
      const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
      assert(gaps.every((gap) => gap >= GAP_MS - ROUNDING_MS), gaps.join());
      // An event is recorded between the time at which it is sent and the time at which it is received.
      const longest = (server.receivedAt.at(-1) ?? 0) - (server.sentAt[0] ?? 0);
      const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
      assert(span <= longest + ROUNDING_MS, `${span} of ${longest} ms`);
    } finally {
      await server.close();
      await Deno.remove(work, { recursive: true });
    }
  });
}
