/**
 * Measures what observation costs a fast stream: all sinks beside the bare session, and an observer without a sink
 * beside no observer at all.
 */
import { processWorld } from "../../lib/cli/app/process.ts";
import { loadSettings } from "../../lib/config/load_settings.ts";
import { combineObservers, type Observer, observerOf } from "../../lib/net/observer.ts";
import { createRouteTable } from "../../lib/net/route/route_table.ts";
import { startTelemetry } from "../../lib/observe/otlp/start_telemetry.ts";
import { RuntimeSummary } from "../../lib/observe/summary/runtime_summary.ts";
import type { World } from "../../lib/world/world.ts";
import { dialerFor, trusting } from "../net/kit.ts";
import { benchSession, countEvents } from "./bench_session.ts";
import { startServer } from "./child.ts";
import { type Finding, rivals } from "./measure.ts";

const EVENTS = 200_000;
const ROUNDS = 9;

export async function telemetry(): Promise<readonly Finding[]> {
  await using server = await startServer("stream_server.ts");
  await using collector = await startServer("collector_server.ts");
  const home = await Deno.makeTempDir({ prefix: "culvert-bench-" });
  const variables: Readonly<Record<string, string>> = {
    CODEX_HOME: home,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.line}`,
    OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
  };
  const world: World = { ...processWorld(), env: (name) => variables[name] };
  const running = startTelemetry({ settings: await loadSettings({}, world), world });
  if (running === undefined) throw new Error("No telemetry was started");
  const { routes } = await createRouteTable({ env: world.env });
  running.attach({ trust: trusting(), routes });
  using dialer = await dialerFor();
  const baseUrl = `http://127.0.0.1:${server.line}/${EVENTS}/v1`;
  const reader = (observer?: Observer) => {
    const session = benchSession({ dialer, world, baseUrl, ...(observer === undefined ? {} : { observer }) });
    return async () => {
      const count = await countEvents(session);
      if (count !== EVENTS + 2) throw new Error(`${count} events instead of ${EVENTS + 2}`);
    };
  };
  try {
    const all = combineObservers(observerOf(new RuntimeSummary().observe), running.observer);
    const [bare, observed] = await rivals(ROUNDS, reader(), reader(all));
    const loss = 1 - bare / observed;
    const [without, idle] = await rivals(ROUNDS, reader(), reader(observerOf(() => {})));
    const ratio = idle / without;
    return [
      {
        name: `events per second with summary, traces, metrics and logs, ${EVENTS} events`,
        measured: `${(loss * 100).toFixed(1)} % fewer than the bare stream ` +
          `(${rate(observed)} to ${rate(bare)} events/s)`,
        bar: "at most 10 % fewer",
        passed: loss <= 0.1,
      },
      {
        name: "time of a stream with an observer that has no sink",
        measured: `${ratio.toFixed(3)} times that without an observer (${rate(idle)} to ${
          rate(without)
        } events/s)`,
        bar: "at most 1.03",
        passed: ratio <= 1.03,
      },
    ];
  } finally {
    await running.close(2_000);
    await Deno.remove(home, { recursive: true });
  }
}

function rate(ms: number): string {
  return Math.round(EVENTS / ms * 1_000).toLocaleString("en");
}
