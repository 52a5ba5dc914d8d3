/**
 * `deno task bench`: measures ratios to a named rival in the same run. Ends with status 1 when a bar is missed. Takes
 * the names of the benchmarks to run, or what some begin with, such as `relay`: `startup`, `pipeline`, `drip`, `sse`,
 * `memory`, `websocket`, `websocket-memory`, `websocket-wire`, `footprint`, `relay-first-byte`, `relay-streams`,
 * `relay-throughput`, `relay-memory`, `upload-memory`,
 * `viewer`.
 */
import { drip } from "./drip.ts";
import { footprint } from "./footprint.ts";
import { type Finding, print } from "./measure.ts";
import { pipeline } from "./pipeline.ts";
import { relayMemory } from "./relay/memory.ts";
import { relayFirstByte, relayStreams, relayThroughput } from "./relay/relay.ts";
import { sseMemory } from "./sse_memory.ts";
import { sseThroughput } from "./sse_throughput.ts";
import { startup } from "./startup.ts";
import { uploadMemory } from "./upload_memory.ts";
import { telemetry } from "./telemetry.ts";
import { viewer } from "./viewer.ts";
import { websocketWire } from "./websocket_wire.ts";
import { websocketMemory } from "./websocket_memory.ts";
import { websocketThroughput } from "./websocket_throughput.ts";

const BENCHES: Readonly<Record<string, () => Promise<readonly Finding[]>>> = {
  startup,
  pipeline,
  footprint,
  drip,
  sse: sseThroughput,
  memory: sseMemory,
  websocket: websocketThroughput,
  "websocket-memory": websocketMemory,
  "websocket-wire": websocketWire,
  "relay-first-byte": relayFirstByte,
  "relay-streams": relayStreams,
  "relay-throughput": relayThroughput,
  "relay-memory": relayMemory,
  "upload-memory": uploadMemory,
  telemetry,
  viewer,
};

let missed = false;
for (const [name, bench] of Object.entries(BENCHES)) {
  const isAsked = Deno.args.length === 0 ||
    Deno.args.some((arg) => arg === name || name.startsWith(`${arg}-`));
  if (!isAsked) continue;
  for (const finding of await bench()) {
    print(finding);
    missed ||= finding.passed === false;
  }
}
if (missed) Deno.exit(1);
