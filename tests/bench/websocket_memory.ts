/** Measures resident memory over a million events on a websocket, read slowly. */
import { outputOfScript, startServer } from "./child.ts";
import type { Finding } from "./measure.ts";

const EVENTS = 1_000_000;

export async function websocketMemory(): Promise<readonly Finding[]> {
  await using server = await startServer("socket_server.ts");
  const baseUrl = `http://127.0.0.1:${server.line}/v1`;
  const printed = await outputOfScript("memory_reader.ts", baseUrl, String(EVENTS), "ws", "5");
  const [early = 0, late = 0] = printed.split(" ").map(Number);
  return [{
    name: `resident memory over ${EVENTS} events on a websocket, a pause of 5 ms after each batch`,
    measured: `at most ${late} MB after the first tenth, ${early} MB within it`,
    bar: "flat: at most 64 MB more",
    passed: late <= early + 64,
  }];
}
