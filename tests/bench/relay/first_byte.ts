/** Measures the time to the first byte of the body, through each hop in turn. */
import type { Hop } from "./hops.ts";
import { BenchClient } from "./http_client.ts";
import { percentile } from "./percentile.ts";

/** What to ask for, and how often. */
export interface FirstByteRequests {
  /** Below `/v1/` of the server. */
  readonly path: string;
  readonly rounds: number;
  /** Requests through one hop before the next has its turn. */
  readonly block: number;
}

/** A request as a session sends it after some turns: 39 kB. */
const BODY = JSON.stringify({
  model: "gpt-5.2",
  stream: true,
  input: Array.from({ length: 60 }, (_, index) => ({
    type: "message",
    role: index % 2 === 0 ? "user" : "assistant",
    content: [{ type: "input_text", text: `${index} ${"why is the build red? ".repeat(26)}` }],
  })),
});

/** Times to the first byte, ms. */
export interface FirstByte {
  readonly p50: number;
  readonly p99: number;
}

/** Measures hops in alternation, so that the load of the machine affects all. */
export async function measureFirstByte(
  hops: readonly Hop[],
  { path, rounds, block }: FirstByteRequests,
): Promise<ReadonlyMap<string, FirstByte>> {
  const all = new Map<string, number[]>();
  const clients = await Promise.all(hops.map(({ port }) => BenchClient.open(port)));
  // The first round fills caches and is not counted.
  for (let round = -1; round < rounds; round++) {
    for (const [index, { name }] of hops.entries()) {
      const client = clients[index];
      if (client === undefined) continue;
      const found = await times(client, path, block);
      if (round >= 0) all.set(name, [...all.get(name) ?? [], ...found]);
    }
  }
  for (const client of clients) client[Symbol.dispose]();
  return new Map(
    [...all].map(([name, found]) => [name, { p50: percentile(found, 0.5), p99: percentile(found, 0.99) }]),
  );
}

async function times(client: BenchClient, path: string, count: number): Promise<readonly number[]> {
  const request = client.request(path, BODY);
  const found: number[] = [];
  for (let index = 0; index < count; index++) {
    const begin = performance.now();
    let first: number | undefined;
    let text = "";
    await client.send(request);
    await client.response((bytes) => {
      if (first !== undefined) return;
      text += new TextDecoder("latin1").decode(bytes);
      if (text.includes("data: ")) first = performance.now() - begin;
    });
    found.push(first ?? NaN);
  }
  return found;
}
