import { OutputQueue } from "../../../lib/cli/output/output_queue.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";

/** A stream whose writes end when the test says so. */
function heldStream() {
  const written: string[] = [];
  const held: { readonly finish: () => void; readonly fail: (reason: unknown) => void }[] = [];
  const write = (data: string | Uint8Array) => {
    written.push(String(data));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    held.push({ finish: resolve, fail: reject });
    return promise;
  };
  return { write, written, next: () => held.shift() };
}

Deno.test("the first text is written immediately, and texts that arrive during its write are written together after it", async () => {
  const stream = heldStream();
  const queue = new OutputQueue(stream, () => {});
  await queue.put("a");
  await queue.put("b");
  await queue.put("c");
  assertEquals(stream.written, ["a"]);
  const drained = queue.drain();
  stream.next()?.finish();
  while (stream.written.length < 2) await Promise.resolve();
  stream.next()?.finish();
  await drained;
  assertEquals(stream.written, ["a", "bc"]);
});

Deno.test("put() waits while the queue is full, until the reader has read", async () => {
  const stream = heldStream();
  const queue = new OutputQueue(stream, () => {});
  await queue.put("a");
  let through = false;
  const put = queue.put("x".repeat(100_000)).then(() => through = true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert(!through);
  stream.next()?.finish();
  await put;
  stream.next()?.finish();
  await queue.drain();
  assertEquals(stream.written.map(({ length }) => length), [1, 100_000]);
});

Deno.test("a failed write is reported immediately, and put() and drain() throw it", async () => {
  const stream = heldStream();
  let told = 0;
  const queue = new OutputQueue(stream, () => told++);
  await queue.put("a");
  const gone = new Error("gone");
  stream.next()?.fail(gone);
  await assertRejects(() => queue.drain(), gone);
  await assertRejects(() => queue.put("b"), gone);
  assertEquals([told, stream.written], [1, ["a"]]);
});
