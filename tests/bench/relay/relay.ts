/**
 * Measures the reverse relay of `culvert capture`, which records, beside nginx and mitmdump in the same place and beside
 * no relay at all.
 */
import type { Finding } from "../measure.ts";
import { clockOffset, type Delays, measureDelays } from "./delays.ts";
import { type FirstByte, measureFirstByte } from "./first_byte.ts";
import { type Hop, startMitmdump, startNginx, startOrigin, startRelay } from "./hops.ts";
import { Spread } from "./spread.ts";
import { measureThroughput } from "./throughput.ts";

const BULK = 16_000_000;
const ROUNDS = 3;
/** Runs of which the median counts. Each measures every hop in turn. */
const FIRST_BYTE_RUNS = 5;
const STREAM_RUNS = 7;

/** Measures the first byte, one request after the other. */
export function relayFirstByte(): Promise<readonly Finding[]> {
  return sideBySide(firstByte);
}

/** Measures the delay of each event of many streams at once. */
export function relayStreams(): Promise<readonly Finding[]> {
  return sideBySide((hops) => eventDelays(hops.filter(({ name }) => name !== "mitmdump")));
}

/** Measures how fast one event stream passes. */
export function relayThroughput(): Promise<readonly Finding[]> {
  return sideBySide(throughput);
}

/** Runs a measurement with all hops up. */
async function sideBySide(
  measure: (hops: readonly Hop[]) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-relay-bench-" });
  try {
    await using direct = await startOrigin();
    await using ours = await startRelay(direct.port, `${directory}/capture`);
    await using nginx = await startNginx(direct.port, directory);
    await using mitmdump = await startMitmdump(direct.port, directory);
    return await measure([direct, ours, nginx, mitmdump].filter((hop) => hop !== undefined));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function firstByte(hops: readonly Hop[]): Promise<readonly Finding[]> {
  const runs: ReadonlyMap<string, FirstByte>[] = [];
  for (let run = 0; run < FIRST_BYTE_RUNS; run++) {
    runs.push(await measureFirstByte(hops, { path: "first", rounds: 6, block: 50 }));
  }
  const stream = await measureFirstByte(hops, { path: "stream/10/20", rounds: 3, block: 10 });
  const p50 = (name: string, found: ReadonlyMap<string, FirstByte>) => found.get(name)?.p50 ?? NaN;
  const added = (name: string, found: ReadonlyMap<string, FirstByte>) =>
    p50(name, found) - p50("direct", found);
  const ours = new Spread(runs.map((run) => added("culvert", run)));
  const nginx = new Spread(runs.map((run) => added("nginx", run)));
  const mitmdump = new Spread(runs.map((run) => added("mitmdump", run)));
  const ratio = new Spread(runs.map((run) => p50("culvert", run) / p50("nginx", run)));
  const all = hops.map(({ name }) =>
    [
      name,
      ...(["p50", "p99"] as const).map((key) =>
        new Spread(runs.map((run) => run.get(name)?.[key] ?? NaN)).median.toFixed(2)
      ),
    ].join(" ")
  ).join(", ");
  return [{
    name: "first byte of the body, added to direct, p50",
    measured: `${ours} ms (p50 and p99 in ms: ${all})`,
    bar: "at most 1 ms",
    passed: ours.median <= 1,
  }, {
    name: "first byte, to that of nginx, p50",
    measured: `${ratio} times; added: ${ours} ms to ${nginx} ms`,
    bar: "at most 2 times",
    passed: isNaN(ratio.median) ? undefined : ratio.median <= 2,
  }, {
    name: "first event of a stream of 200 ms, added, to that of mitmdump, p50",
    measured: `${(added("culvert", stream) / added("mitmdump", stream)).toFixed(3)} times ` +
      `(${added("culvert", stream).toFixed(2)} ms to ${
        added("mitmdump", stream).toFixed(2)
      } ms, since it records ` +
      `streams whole; of a response that is complete at once ${ours} to ${mitmdump} ms)`,
    bar: "at most 0.1 times",
    passed: stream.has("mitmdump") ? added("culvert", stream) / added("mitmdump", stream) <= 0.1 : undefined,
  }];
}

async function eventDelays(hops: readonly Hop[]): Promise<readonly Finding[]> {
  const [direct] = hops;
  const offset = direct === undefined ? 0 : await clockOffset(direct);
  const runs: ReadonlyMap<string, Delays>[] = [];
  for (let run = 0; run < STREAM_RUNS; run++) {
    const found = new Map<string, Delays>();
    for (const hop of hops) found.set(hop.name, await measureDelays(hop, offset));
    runs.push(found);
  }
  const of = (name: string, key: keyof Delays) => new Spread(runs.map((run) => run.get(name)?.[key] ?? NaN));
  const toDirect = (name: string) =>
    new Spread(runs.map((run) => (run.get(name)?.p99 ?? NaN) / (run.get("direct")?.p99 ?? NaN)));
  const ratio = of("culvert", "p99").median / of("direct", "p99").median;
  const all = hops.map(({ name }) => `${name} ${of(name, "p50").median.toFixed(2)} and ${of(name, "p99")}`);
  return [{
    name: "delay of an event of 100 streams at once, p99",
    measured: `${ratio.toFixed(2)} times that without a relay (medians; run by run ${toDirect("culvert")}` +
      `${hops.some(({ name }) => name === "nginx") ? `, of nginx ${toDirect("nginx")}` : ""}; ` +
      `p50 and p99 in ms: ${all.join(", ")})`,
    bar: "at most 3 times",
    passed: ratio <= 3,
  }];
}

async function throughput(hops: readonly Hop[]): Promise<readonly Finding[]> {
  const found = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const hop of hops) {
      found.set(hop.name, Math.max(found.get(hop.name) ?? 0, await measureThroughput(hop, BULK)));
    }
  }
  const of = (name: string) => found.get(name) ?? NaN;
  const all = [...found].map(([name, rate]) => `${name} ${rate.toFixed(0)}`).join(", ");
  return [{
    name: "throughput of one event stream, recorded",
    measured: `${(of("culvert") / of("mitmdump")).toFixed(1)} times that of mitmdump (MB/s: ${all})`,
    bar: "at least 1 time",
    passed: found.has("mitmdump") ? of("culvert") >= of("mitmdump") : undefined,
  }];
}
