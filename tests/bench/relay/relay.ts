/**
 * Measures the reverse relay of `culvert capture`, which records, beside nginx and mitmdump in the same place and beside
 * no relay at all.
 */
import type { Finding } from "../measure.ts";
import { clockOffset, measureDelays } from "./delays.ts";
import { measureFirstByte } from "./first_byte.ts";
import { type Hop, startMitmdump, startNginx, startOrigin, startRelay } from "./hops.ts";
import { percentile } from "./percentile.ts";
import { measureThroughput } from "./throughput.ts";

const BULK = 16_000_000;
const ROUNDS = 3;

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
  const found = await measureFirstByte(hops, { path: "first", rounds: 12, block: 50 });
  const stream = await measureFirstByte(hops, { path: "stream/10/20", rounds: 3, block: 10 });
  const p50 = (name: string) => found.get(name)?.p50 ?? NaN;
  const added = (name: string, all = found) => (all.get(name)?.p50 ?? NaN) - (all.get("direct")?.p50 ?? NaN);
  const ours = added("culvert");
  const all = [...found].map(([name, { p50, p99 }]) => `${name} ${p50.toFixed(2)}/${p99.toFixed(2)}`).join(
    ", ",
  );
  return [{
    name: "first byte of the body, added to direct, p50",
    measured: `${ours.toFixed(2)} ms (p50/p99 in ms: ${all})`,
    bar: "at most 1 ms",
    passed: ours <= 1,
  }, {
    name: "first byte, to that of nginx, p50",
    measured: `${(p50("culvert") / p50("nginx")).toFixed(2)} times; added: ${ours.toFixed(2)} ms to ` +
      `${added("nginx").toFixed(2)} ms`,
    bar: "at most 2 times",
    passed: found.has("nginx") ? p50("culvert") / p50("nginx") <= 2 : undefined,
  }, {
    name: "first event of a stream of 200 ms, added, to that of mitmdump, p50",
    measured: `${(added("culvert", stream) / added("mitmdump", stream)).toFixed(3)} times ` +
      `(${added("culvert", stream).toFixed(2)} ms to ${
        added("mitmdump", stream).toFixed(2)
      } ms, since it records ` +
      `streams whole; of a response that is complete at once ${ours.toFixed(2)} to ${
        added("mitmdump").toFixed(2)
      } ms)`,
    bar: "at most 0.1 times",
    passed: found.has("mitmdump") ? added("culvert", stream) / added("mitmdump", stream) <= 0.1 : undefined,
  }];
}

async function eventDelays(hops: readonly Hop[]): Promise<readonly Finding[]> {
  const [direct] = hops;
  const offset = direct === undefined ? 0 : await clockOffset(direct);
  const p50s = new Map<string, number[]>();
  const p99s = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const hop of hops) {
      const { p50, p99 } = await measureDelays(hop, offset);
      p50s.set(hop.name, [...p50s.get(hop.name) ?? [], p50]);
      p99s.set(hop.name, [...p99s.get(hop.name) ?? [], p99]);
    }
  }
  const median = (found: ReadonlyMap<string, number[]>, name: string) =>
    percentile(found.get(name) ?? [], 0.5);
  const ratio = median(p99s, "culvert") / median(p99s, "direct");
  const all = hops.map(({ name }) =>
    `${name} ${median(p50s, name).toFixed(2)}/${median(p99s, name).toFixed(2)}`
  );
  return [{
    name: "delay of an event of 100 streams at once, p99",
    measured: `${ratio.toFixed(2)} times that without a relay (p50/p99 in ms: ${all.join(", ")})`,
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
