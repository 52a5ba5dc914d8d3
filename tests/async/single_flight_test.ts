import { singleFlight } from "../../lib/async/single_flight.ts";
import { CulvertError } from "../../lib/errors.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { failureOf } from "../auth/kit.ts";

const STOP = new CulvertError("interrupted", "Interrupted");

Deno.test("a caller that aborts ends only its own wait, and the last one to abort cancels the work", async () => {
  const signals: AbortSignal[] = [];
  const work = Promise.withResolvers<string>();
  const wait = singleFlight((signal) => {
    signals.push(signal);
    return work.promise;
  });
  const [one, other] = [new AbortController(), new AbortController()];
  const [first, second] = [failureOf(wait(one.signal)), failureOf(wait(other.signal))];
  one.abort(STOP);
  assert(await first === STOP);
  assertEquals(signals.map(({ aborted }) => aborted), [false]);
  other.abort(STOP);
  assert(await second === STOP);
  assertEquals(signals.map(({ reason }) => reason === STOP), [true]);
  const third = wait(undefined);
  work.resolve("done");
  assertEquals([await third, signals.length], ["done", 2]);
});

Deno.test("concurrent callers share the work, and a later caller starts it again", async () => {
  let count = 0;
  const wait = singleFlight(async (_signal, factor: number) => {
    await Promise.resolve();
    if (++count === 1) throw STOP;
    return count * factor;
  });
  assert(await failureOf(Promise.all([wait(undefined, 10), wait(undefined, 20)]).then(() => {})) === STOP);
  assertEquals(await Promise.all([wait(undefined, 10), wait(undefined, 20)]), [20, 20]);
  assertEquals([await wait(undefined, 10), count], [30, 3]);
});

Deno.test("a caller whose signal is already aborted starts nothing", async () => {
  const wait = singleFlight(() => Promise.reject(new Error("begun")));
  assert(await failureOf(wait(AbortSignal.abort(STOP))) === STOP);
});

Deno.test("detached work is joined after its last caller aborted, and its signal is not aborted", async () => {
  const work = Promise.withResolvers<string>();
  const signals: AbortSignal[] = [];
  const wait = singleFlight((signal) => {
    signals.push(signal);
    return work.promise;
  }, { isDetached: true });
  const caller = new AbortController();
  const first = failureOf(wait(caller.signal));
  caller.abort(STOP);
  assert(await first === STOP);
  const second = wait(undefined);
  work.resolve("done");
  assertEquals([await second, signals.map(({ aborted }) => aborted)], ["done", [false]]);
});
