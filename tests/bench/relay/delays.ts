/** Measures the delay of each event of many streams at once. */
import { clock } from "./clock.ts";
import type { Hop } from "./hops.ts";
import { BenchClient } from "./http_client.ts";
import { percentile } from "./percentile.ts";

const STREAMS = 100;
const EVENTS = 60;
const GAP_MS = 50;
/** While the streams are opened their events are not counted, ms. */
const OPENING_MS = 1_000;

/** Delays from the write at the server to the read at the client, ms. */
export interface Delays {
  readonly p50: number;
  readonly p99: number;
}

/** Reads all streams through one hop. @param offset that of the server's clock, see {@link clockOffset} */
export async function measureDelays({ port }: Hop, offset: number): Promise<Delays> {
  const delays: number[] = [];
  const begin = clock() + offset + OPENING_MS;
  let events = 0;
  await Promise.all(Array.from({ length: STREAMS }, async () => {
    using client = await BenchClient.open(port);
    await client.send(client.request(`stream/${EVENTS}/${GAP_MS}`));
    const decoder = new TextDecoder("latin1");
    await client.response((bytes) => {
      const now = clock() + offset;
      for (const [, sent] of decoder.decode(bytes).matchAll(/"sent":([\d.]+)\}\n\n/g)) {
        events++;
        if (Number(sent) >= begin) delays.push(now - Number(sent));
      }
    });
  }));
  if (events !== STREAMS * EVENTS) {
    throw new Error(`${events} events instead of ${STREAMS * EVENTS}`);
  }
  return { p50: percentile(delays, 0.5), p99: percentile(delays, 0.99) };
}

/** Returns what to add to the clock of this process to have that of the server, ms, by the quickest of many calls. */
export async function clockOffset({ port }: Hop): Promise<number> {
  using client = await BenchClient.open(port);
  let [best, offset] = [Infinity, 0];
  for (let count = 0; count < 300; count++) {
    const begin = clock();
    await client.send(client.request("clock"));
    const text = new TextDecoder().decode(await client.read());
    const end = clock();
    if (end - begin >= best) continue;
    best = end - begin;
    offset = Number(text.slice(text.indexOf("\r\n\r\n") + 4)) - (begin + end) / 2;
  }
  return offset;
}
