/** Measures resident memory over a stream of 1 GB. */
import { outputOfScript, startServer } from "./child.ts";
import type { Finding } from "./measure.ts";
import { deltaFrame } from "./stream_server.ts";

const BYTES = 1_000_000_000;

export async function sseMemory(): Promise<readonly Finding[]> {
  await using server = await startServer("stream_server.ts");
  const events = Math.ceil(BYTES / deltaFrame(100_000).length);
  const baseUrl = `http://127.0.0.1:${server.line}/${events}/v1`;
  const [early = 0, late = 0] = (await outputOfScript("memory_reader.ts", baseUrl, String(events)))
    .split(" ").map(Number);
  return [{
    name: "resident memory over a stream of 1 GB",
    measured: `at most ${late} MB after the first tenth, ${early} MB within it`,
    bar: "flat: at most 64 MB more",
    passed: late <= early + 64,
  }];
}
