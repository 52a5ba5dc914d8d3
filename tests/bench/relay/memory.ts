/**
 * Measures the resident memory of `culvert capture` while much passes its relay and is recorded. `CULVERT_BENCH_MEGABYTES`
 * sets how much, default 1,000.
 */
import type { Finding } from "../measure.ts";
import { startOrigin, startRelay } from "./hops.ts";
import { BenchClient } from "./http_client.ts";

const MEGABYTES = Number(Deno.env.get("CULVERT_BENCH_MEGABYTES") || "1000");
/** Bytes of one response. */
const RESPONSE = 4_000_000;
/** Bytes that the recording may be behind before more is asked for. */
const AHEAD = 32e6;

/** Reads responses that hold events, at the pace of the recording. */
export async function relayMemory(): Promise<readonly Finding[]> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-relay-memory-" });
  try {
    const records = `${directory}/capture/capture.jsonl`;
    await using origin = await startOrigin();
    const relay = await startRelay(origin.port, `${directory}/capture`, ["--max-size", "16G"]);
    const samples: number[] = [];
    try {
      using client = await BenchClient.open(relay.port);
      for (let bytes = 0; bytes < MEGABYTES * 1e6;) {
        await client.send(client.request(`bulk/${RESPONSE}`));
        await client.response((chunk) => bytes += chunk.length);
        samples.push(relay.resident());
        // The record of an event is longer than the event.
        while ((await Deno.stat(records)).size < bytes - AHEAD) {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    } finally {
      await relay[Symbol.asyncDispose]();
    }
    const half = Math.ceil(samples.length / 2);
    const [early, late] = [Math.max(...samples.slice(0, half)), Math.max(...samples.slice(half))];
    const { size } = await Deno.stat(records);
    return [{
      name: `resident memory over ${MEGABYTES} MB relayed and recorded`,
      measured: `at most ${early.toFixed(0)} MB in the first half, ${late.toFixed(0)} MB in the second; ` +
        `${(size / 1e6).toFixed(0)} MB on disk`,
      bar: "flat: at most 64 MB more, and 512 MB in all",
      passed: late <= early + 64 && late <= 512,
    }];
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
