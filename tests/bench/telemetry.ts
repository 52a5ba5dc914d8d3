/**
 * Measures what observation costs a fast stream: all sinks, and an inference trace, beside the bare session, and an
 * observer without a sink beside no observer at all.
 */
import { outputOfScript, startServer } from "./child.ts";
import type { Finding } from "./measure.ts";

const EVENTS = 200_000;
const ROUNDS = 5;

export async function telemetry(): Promise<readonly Finding[]> {
  await using server = await startServer("stream_server.ts");
  await using collector = await startServer("collector_server.ts");
  const baseUrl = `http://127.0.0.1:${server.line}/${EVENTS}/v1`;
  const read = async (observer: "none" | "empty" | "all" | "trace") =>
    Number(await outputOfScript("observed_reader.ts", baseUrl, String(EVENTS), observer, collector.line));
  let [bare, empty, all, traced] = [Infinity, Infinity, Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round++) {
    bare = Math.min(bare, await read("none"));
    empty = Math.min(empty, await read("empty"));
    all = Math.min(all, await read("all"));
    traced = Math.min(traced, await read("trace"));
  }
  const traceLoss = 1 - bare / traced;
  const loss = 1 - bare / all;
  const ratio = empty / bare;
  return [
    {
      name: `events per second with summary, traces, metrics and logs, ${EVENTS} events`,
      measured: `${(loss * 100).toFixed(1)} % fewer than the bare stream ` +
        `(${rate(all)} to ${rate(bare)} events/s)`,
      bar: "at most 10 % fewer",
      passed: loss <= 0.1,
    },
    {
      name: "time of a stream with an observer that has no sink",
      measured: `${ratio.toFixed(3)} times that without an observer (${rate(empty)} to ${
        rate(bare)
      } events/s)`,
      bar: "at most 1.03",
      passed: ratio <= 1.03,
    },
    {
      name: `events per second with an inference trace, ${EVENTS} events`,
      measured: `${(traceLoss * 100).toFixed(1)} % fewer than the bare stream ` +
        `(${rate(traced)} to ${rate(bare)} events/s)`,
      bar: "at most 15 % fewer",
      passed: traceLoss <= 0.15,
    },
  ];
}

function rate(ms: number): string {
  return Math.round(EVENTS / ms * 1_000).toLocaleString("en");
}
