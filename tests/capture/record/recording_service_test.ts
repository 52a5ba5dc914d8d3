/** The order in which the recording thread works. */
import { RecordingService } from "../../../lib/capture/record/background/recording_service.ts";
import { loadDirectory } from "../../../lib/capture/record/read/exchanges.ts";
import type { RecordingReply, TapBatch, TapCall } from "../../../lib/capture/record/background/messages.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";

const encoder = new TextEncoder();

/** Returns a batch that continues the event stream of exchange 1. */
function batchOf(events: number, first: readonly TapCall[] = []): TapBatch {
  const text = 'data: {"type":"response.output_text.delta","delta":"a word"}\n\n'.repeat(events);
  const bytes = encoder.encode(text);
  const piece: TapCall = {
    exchangeId: 1,
    what: "bytes",
    direction: "response",
    at: 3,
    length: bytes.length,
  };
  return { kind: "batch", now: 4, calls: [...first, piece], bytes };
}

const OPENING: readonly TapCall[] = [
  { exchangeId: 1, what: "open", connectionId: 1 },
  {
    exchangeId: 1,
    what: "head",
    head: {
      direction: "request",
      at: 1,
      method: "GET",
      url: "https://api.test/v1/responses",
      rawHeaders: [],
    },
  },
  { exchangeId: 1, what: "end", end: { direction: "request", at: 1, outcome: "complete" } },
  {
    exchangeId: 1,
    what: "head",
    head: { direction: "response", at: 2, status: 200, rawHeaders: ["content-type", "text/event-stream"] },
  },
];

Deno.test("the memory of a batch is freed once it is recorded, and a body in two batches is recorded whole", async () => {
  const parent = await Deno.makeTempDir({ prefix: "culvert-service-" });
  try {
    const directory = join(parent, "capture");
    const service = new RecordingService(() => {});
    const options = { directory, toolVersion: "0.0.0-test" };
    await service.handle({ kind: "start", options, startedMs: 0, now: 0 });
    const answer = JSON.stringify({ words: "one two three ".repeat(20) });
    const opening = OPENING.map(asJson);
    for (const [index, half] of [answer.slice(0, 60), answer.slice(60)].entries()) {
      const bytes = encoder.encode(half);
      const { length } = bytes;
      const piece: TapCall = { exchangeId: 1, what: "bytes", direction: "response", at: 3, length };
      await service.handle({ kind: "batch", now: 4, calls: [...(index === 0 ? opening : []), piece], bytes });
      assert(bytes.buffer.detached, "the bytes of the batch are still in memory");
    }
    // An event that ends in the next batch.
    const event = encoder.encode('data: {"type":"response.output_text.delta","delta":"a word"}\n\n');
    for (const [index, bytes] of [event.slice(0, 20), event.slice(20)].entries()) {
      const { length } = bytes;
      const piece: TapCall = { exchangeId: 2, what: "bytes", direction: "response", at: 3, length };
      const calls = [...(index === 0 ? OPENING.map((call) => ({ ...call, exchangeId: 2 })) : []), piece];
      await service.handle({ kind: "batch", now: 4, calls, bytes });
    }
    const ends = [1, 2].map((exchangeId): TapCall => {
      return { exchangeId, what: "end", end: { direction: "response", at: 5, outcome: "complete" } };
    });
    await service.handle({ kind: "batch", now: 5, calls: ends, bytes: new Uint8Array() });
    await service.handle({ kind: "close", now: 6 });
    using capture = await loadDirectory(directory);
    const [whole, stream] = capture.exchanges;
    assertEquals(capture.text(whole?.end?.body), answer);
    assertEquals(stream?.events.map((each) => capture.text(each)), [
      '{"type":"response.output_text.delta","delta":"a word"}',
    ]);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

/** Returns the call with an answer that is JSON. */
function asJson(call: TapCall): TapCall {
  return call.what === "head" && call.head.direction === "response"
    ? { ...call, head: { ...call.head, rawHeaders: ["content-type", "application/json"] } }
    : call;
}

Deno.test("a batch counts as recorded when its records are in the file, and the next one waits for it", async () => {
  const parent = await Deno.makeTempDir({ prefix: "culvert-service-" });
  try {
    const records = join(parent, "capture", "capture.jsonl");
    const sizes: number[] = [];
    const reply = (message: RecordingReply) => {
      if (message.kind === "recorded") sizes.push(Deno.statSync(records).size);
    };
    const service = new RecordingService(reply);
    const options = { directory: join(parent, "capture"), toolVersion: "0.0.0-test" };
    await service.handle({ kind: "start", options, startedMs: 0, now: 0 });
    // All at the same time, like messages from the queue between the threads.
    await Promise.all([
      service.handle(batchOf(1_000, OPENING)),
      ...Array.from({ length: 4 }, () => service.handle(batchOf(1_000))),
    ]);
    const [first = 0, second = 0] = sizes;
    assertEquals(sizes.length, 5);
    assert(first > 60_000, `${first} bytes`);
    // One more batch each time: no later batch was processed before.
    const step = second - first;
    for (const [index, size] of sizes.entries()) {
      assert(Math.abs(size - (first + index * step)) < step / 10, `sizes of the file: ${sizes.join()}`);
    }
    await service.handle({ kind: "close", now: 5 });
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});
