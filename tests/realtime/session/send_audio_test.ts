import { sendAudio } from "../../../lib/realtime/session/send_audio.ts";
import { sleep } from "../../../lib/world/sleep.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";

const WORLD = { monotonic: () => performance.now(), sleep };

/** Endless audio in chunks of 100 ms, and the number of chunks that were read. */
function endless() {
  let taken = 0;
  async function* pcm(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (;;) {
      taken++;
      yield await Promise.resolve(new Uint8Array(4_800));
    }
  }
  return { pcm: pcm(), taken: () => taken };
}

Deno.test("audio is read only as fast as it is sent", async () => {
  const source = endless();
  const over = new AbortController();
  let sent = 0;
  const sending = sendAudio({
    pcm: source.pcm,
    send: () =>
      ++sent < 5 ? Promise.resolve() : new Promise((_, reject) => {
        over.signal.addEventListener("abort", () => reject(over.signal.reason), { once: true });
      }),
    stop: new AbortController().signal,
    signal: over.signal,
    world: WORLD,
  });
  await sleep(100);
  assertEquals(sent, 5);
  assert(source.taken() <= 6, `${source.taken()} pieces were taken`);
  const reason = new Error("the end");
  over.abort(reason);
  await assertRejects(sending, reason);
});

Deno.test("a stop ends endless audio normally, also during its pause", async () => {
  const source = endless();
  const stop = new AbortController();
  const begin = performance.now();
  let sent = 0;
  const sending = sendAudio({
    pcm: source.pcm,
    pace: 1,
    send: () => {
      if (++sent === 3) stop.abort(new Error("stopped"));
      return Promise.resolve();
    },
    stop: stop.signal,
    signal: new AbortController().signal,
    world: WORLD,
  });
  await sending;
  assertEquals(sent, 3);
  // Three chunks of 100 ms, the first immediately.
  assert(performance.now() - begin >= 190);
});
