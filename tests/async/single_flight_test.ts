import { singleFlight } from "../../lib/async/single_flight.ts";
import { CulvertError } from "../../lib/errors.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { failureOf } from "../auth/kit.ts";

const STOP = new CulvertError("interrupted", "Interrupted");

Deno.test("who goes away ends the wait of nobody else, and the last one calls the work off", async () => {
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
  const third = wait();
  work.resolve("done");
  assertEquals([await third, signals.length], ["done", 2]);
});

Deno.test("work that failed is begun anew, and work that is done is not", async () => {
  let count = 0;
  const wait = singleFlight(() => ++count === 1 ? Promise.reject(STOP) : Promise.resolve(count));
  assert(await failureOf(Promise.all([wait(), wait()]).then(() => {})) === STOP);
  assertEquals([await wait(), await wait(), count], [2, 2, 2]);
});

Deno.test("who need not wait at all begins nothing", async () => {
  const wait = singleFlight(() => Promise.reject(new Error("begun")));
  assert(await failureOf(wait(AbortSignal.abort(STOP))) === STOP);
});
