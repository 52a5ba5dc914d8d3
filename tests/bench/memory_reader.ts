/** Reads one turn from `argv[0]` in a process of its own and prints its resident memory, in MB: after a tenth, and the most after that. */
import { processWorld } from "../../lib/cli/process.ts";
import { dialerFor } from "../net/kit.ts";
import { benchSession } from "./bench_session.ts";

const [baseUrl = "", total = "0"] = Deno.args;
using dialer = await dialerFor();
const session = benchSession({ dialer, world: processWorld(), baseUrl });
const tenth = Number(total) / 10;
let events = 0;
let early = 0;
let late = 0;
let sampled = 0;
for await (const batch of session.turn({ model: "bench", input: [] }).batches()) {
  events += batch.length;
  if (events - sampled < 20_000) continue;
  sampled = events;
  const { rss } = Deno.memoryUsage();
  if (events < tenth) early = Math.max(early, rss);
  else late = Math.max(late, rss);
}
if (events < Number(total)) throw new Error(`${events} events of ${total}`);
console.log(`${Math.round(early / 1e6)} ${Math.round(late / 1e6)}`);
