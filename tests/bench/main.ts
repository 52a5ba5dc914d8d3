/**
 * `deno task bench`: ratios to a named rival in the same run, never a bare time. Ends with status 1 when a bar is
 * missed. Give names to run some only: `sse`, `drip`, `memory`,
 * `websocket`.
 */
import { drip } from "./drip.ts";
import { type Finding, print } from "./measure.ts";
import { sseMemory } from "./sse_memory.ts";
import { sseThroughput } from "./sse_throughput.ts";
import { websocketWire } from "./websocket_wire.ts";

const BENCHES: Readonly<Record<string, () => Promise<readonly Finding[]>>> = {
  drip,
  sse: sseThroughput,
  memory: sseMemory,
  websocket: websocketWire,
};

let missed = false;
for (const [name, bench] of Object.entries(BENCHES)) {
  if (Deno.args.length > 0 && !Deno.args.includes(name)) continue;
  for (const finding of await bench()) {
    print(finding);
    missed ||= finding.passed === false;
  }
}
if (missed) Deno.exit(1);
