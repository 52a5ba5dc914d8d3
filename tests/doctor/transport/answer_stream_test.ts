/** The evaluation of the arrival times of an answer. */
import { judgeAnswer } from "../../../lib/doctor/transport/answer_stream.ts";
import { arrivalTimes } from "../../../lib/doctor/transport/arrival_times.ts";
import { judgeTimedEvents } from "../../../lib/doctor/transport/timed_stream.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";

/** Events with a gap between them, ms. */
function events(count: number, gapMs: number) {
  return arrivalTimes(Array.from({ length: count }, (_, index) => ({
    arrivedMs: index * gapMs,
    sentMs: index * gapMs,
  })));
}

Deno.test("a model that writes 500 tokens per second is not reported as a buffered stream", () => {
  const found = judgeAnswer({ times: events(100, 2), waitedMs: 400, heldBackMs: 500 });
  assertEquals(found.status, "ok");
  assertIncludes(found.summary, "100 events over 198 ms in 1 burst");
});

Deno.test("an answer that the server began long before its first event arrived was buffered", () => {
  const found = judgeAnswer({ times: events(100, 0), waitedMs: 8_000, heldBackMs: 7_800 });
  assertEquals(found.status, "warn");
  assertIncludes(found.summary, "Buffered: the answer arrived in one burst after 8.0 s of silence");
  assertIncludes(found.remediation ?? "", "disable buffering");
});

Deno.test("a model with a long pause before its answer is not reported as a buffering proxy", () => {
  const found = judgeAnswer({ times: events(100, 2), waitedMs: 8_000, heldBackMs: 700 });
  assertEquals(found.status, "ok");
});

Deno.test("without the server's time an answer that arrives in one burst after a silence may have been buffered", () => {
  const found = judgeAnswer({ times: events(100, 0), waitedMs: 4_000 });
  assertEquals(found.status, "warn");
  assertIncludes(found.summary, "it may have been buffered");
  assertEquals(judgeAnswer({ times: events(100, 20), waitedMs: 4_000 }).status, "ok");
});

Deno.test("events with known send times are compared with these times", () => {
  const spread = [0, 120, 240, 360, 480, 600];
  const late = arrivalTimes(spread.map((sentMs) => ({ arrivedMs: 600, sentMs })));
  assertIncludes(
    judgeTimedEvents(late, 6).summary,
    "events sent over 600 ms arrived within 0 ms, in 1 burst",
  );
  const onTime = arrivalTimes(spread.map((sentMs) => ({ arrivedMs: sentMs + 50, sentMs })));
  assertEquals(judgeTimedEvents(onTime, 6).status, "ok");
});
