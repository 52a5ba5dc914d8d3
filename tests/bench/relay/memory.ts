/**
 * Measures the resident memory of `culvert capture` while much passes its relay and is recorded, and prints its curve.
 * `CULVERT_BENCH_MEGABYTES` sets how much, default 1,024.
 */
import type { Finding } from "../measure.ts";
import { EndCounter } from "./end_counter.ts";
import { startOrigin, startRelay } from "./hops.ts";
import { BenchClient } from "./http_client.ts";
import { percentile } from "./percentile.ts";

const MEGABYTES = Number(Deno.env.get("CULVERT_BENCH_MEGABYTES") || "1024");
/** Bytes of one response. */
const RESPONSE = 4_000_000;
/** Responses that the recording may be behind before more is asked for: 32 MB. */
const AHEAD = 8;
/** Samples of the curve that is printed. */
const POINTS = 8;
/** Flat: the median of the second half is at most this part of the median of the second quarter. */
const FLAT = 1.1;

/** Reads responses that hold events, at the pace of the recording. */
export async function relayMemory(): Promise<readonly Finding[]> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-relay-memory-" });
  try {
    const records = `${directory}/capture/capture.jsonl`;
    await using origin = await startOrigin();
    const relay = await startRelay(origin.port, `${directory}/capture`, ["--max-size", "16G"]);
    const before = relay.resident();
    /** Resident memory after each response, MB. */
    const samples: number[] = [];
    try {
      using recorded = await EndCounter.open(records);
      using client = await BenchClient.open(relay.port);
      for (let bytes = 0; bytes < MEGABYTES * 1e6;) {
        await client.send(client.request(`bulk/${RESPONSE}`));
        await client.response((chunk) => bytes += chunk.length);
        samples.push(relay.resident());
        while (samples.length - await recorded.count() > AHEAD) {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    } finally {
      await relay[Symbol.asyncDispose]();
    }
    const part = (from: number, to: number) =>
      percentile(samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to)), 0.5);
    const [early, late] = [part(0.25, 0.5), part(0.5, 1)];
    const curve = Array.from({ length: POINTS }, (_, index) => part(index / POINTS, (index + 1) / POINTS));
    const { size } = await Deno.stat(records);
    return [{
      name: `resident memory over ${MEGABYTES} MB relayed and recorded`,
      measured: `${early.toFixed(0)} MB after the first quarter, ${late.toFixed(0)} MB in the second half; ` +
        `at the start ${before.toFixed(0)}, then by eighths ${
          curve.map((mb) => mb.toFixed(0)).join(", ")
        }; ` +
        `${(size / 1e6).toFixed(0)} MB on disk`,
      bar: `flat: the second half at most ${FLAT} times the second quarter`,
      passed: late <= early * FLAT,
    }];
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
