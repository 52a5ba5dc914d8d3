/** Measures how fast one large event stream passes. */
import type { Hop } from "./hops.ts";
import { BenchClient } from "./http_client.ts";

/** @returns MB/s of the body */
export async function measureThroughput({ port }: Hop, bytes: number): Promise<number> {
  using client = await BenchClient.open(port);
  const begin = performance.now();
  let read = 0;
  await client.send(client.request(`bulk/${bytes}`));
  await client.response((chunk) => read += chunk.length);
  if (read < bytes) throw new Error(`${read} bytes of ${bytes}`);
  return read / 1e3 / (performance.now() - begin);
}
