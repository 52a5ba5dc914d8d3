/**
 * Reads one turn in a process of its own and prints its resident memory, in MB: the most within the first
 * tenth, and the most after that. Arguments: base URL, number of events, wire, pause after each batch in ms.
 */
import { processWorld } from "../../lib/cli/app/process.ts";
import { dialerFor } from "../net/kit.ts";
import { benchSession } from "./bench_session.ts";

const [baseUrl = "", total = "0", wire = "sse", pause = "0"] = Deno.args;
using dialer = await dialerFor();
const session = benchSession({
  dialer,
  world: processWorld(),
  baseUrl,
  transport: wire === "ws" ? "ws" : "sse",
});
const tenth = Number(total) / 10;
let events = 0;
let early = 0;
let late = 0;
let sampled = 0;
for await (const batch of session.turn({ model: total, input: [] }).batches()) {
  events += batch.length;
  if (pause !== "0") await new Promise((resolve) => setTimeout(resolve, Number(pause)));
  if (events - sampled < 10_000) continue;
  sampled = events;
  const { rss } = Deno.memoryUsage();
  if (events < tenth) early = Math.max(early, rss);
  else late = Math.max(late, rss);
}
session.close();
if (events < Number(total)) throw new Error(`${events} events of ${total}`);
console.log(`${Math.round(early / 1e6)} ${Math.round(late / 1e6)}`);
