import { MetricAggregator, sanitizedTag } from "../../../lib/observe/records/metric_aggregator.ts";
import { assertEquals } from "../../support/assert.ts";

const COUNTER = { name: "codex.test" };
const HISTOGRAM = { name: "codex.test.duration_ms", unit: "ms", bounds: [0, 5, 10] };

Deno.test("an invalid tag does not drop the sample: its characters are replaced, and a colon in a model id is kept", () => {
  const metrics = new MetricAggregator(() => 7);
  metrics.add({ instrument: COUNTER, value: 1, tags: { model: "llama3:8b", kind: "büro & co" } });
  assertEquals(metrics.collect()[0]?.points, [{ tags: { model: "llama3:8b", kind: "b_ro_co" }, value: 1 }]);
  assertEquals([sanitizedTag("___"), sanitizedTag(""), sanitizedTag("a".repeat(300)).length], [
    "unspecified",
    "unspecified",
    256,
  ]);
});

Deno.test("values are sorted into buckets whose upper bounds are inclusive", () => {
  const metrics = new MetricAggregator(() => 7);
  for (const value of [0, 5, 6, 11]) metrics.add({ instrument: HISTOGRAM, value, tags: {} });
  metrics.add({ instrument: HISTOGRAM, value: 0, times: 3, tags: {} });
  assertEquals(metrics.collect()[0]?.points[0]?.value, {
    count: 7,
    sum: 22,
    min: 0,
    max: 11,
    buckets: [4, 1, 1, 1],
  });
});

Deno.test("a collection starts a new interval, and a negative increment of a counter is ignored", () => {
  let now = 1;
  const metrics = new MetricAggregator(() => now);
  metrics.add({ instrument: COUNTER, value: 2, tags: {} });
  metrics.add({ instrument: COUNTER, value: -1, tags: {} });
  now = 2;
  const [first] = metrics.collect();
  assertEquals([first?.startMs, first?.endMs, first?.points[0]?.value], [1, 2, 2]);
  now = 3;
  assertEquals(metrics.collect(), []);
  metrics.add({ instrument: COUNTER, value: 1, tags: {} });
  assertEquals(metrics.collect()[0]?.startMs, 3);
});

Deno.test("sets of tags above the limit of a metric are counted as dropped", () => {
  const metrics = new MetricAggregator(() => 7);
  for (let index = 0; index < 1_010; index++) {
    metrics.add({ instrument: COUNTER, value: 1, tags: { kind: `k${index}` } });
  }
  assertEquals([metrics.collect()[0]?.points.length, metrics.takeDropped(), metrics.takeDropped()], [
    1_000,
    10,
    0,
  ]);
});
