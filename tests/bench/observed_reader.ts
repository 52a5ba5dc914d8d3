/**
 * Reads turns in a process of its own, so that the compiled code of one observer does not slow another's, and prints the
 * shortest time of a turn, ms. Arguments: base URL, number of events, observer (`none`, `empty`, `all`, or `trace` for an
 * inference trace alone), and the port of the collector.
 */
import { processWorld } from "../../lib/cli/app/process.ts";
import { loadSettings } from "../../lib/config/load_settings.ts";
import { combineObservers, type Observer, observerOf } from "../../lib/net/observer.ts";
import { createRouteTable } from "../../lib/net/route/route_table.ts";
import { startTelemetry } from "../../lib/observe/otlp/start_telemetry.ts";
import { startTraces } from "../../lib/observe/trace/write/start_traces.ts";
import { RuntimeSummary } from "../../lib/observe/summary/runtime_summary.ts";
import { Secrets } from "../../lib/redaction/secrets.ts";
import type { World } from "../../lib/world/world.ts";
import { dialerFor, trusting } from "../net/kit.ts";
import { benchSession, countEvents } from "./bench_session.ts";
import { best } from "./measure.ts";

const TURNS = 8;

const [baseUrl = "", total = "0", kind = "none", collector = ""] = Deno.args;
const home = await Deno.makeTempDir({ prefix: "culvert-bench-" });
const variables: Readonly<Record<string, string>> = {
  CODEX_HOME: home,
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector}`,
  OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
};
const world: World = { ...processWorld(), env: (name) => variables[name] };
const running = startTelemetry({ settings: await loadSettings({}, world), world });
if (running === undefined) throw new Error("No telemetry was started");
const { routes } = await createRouteTable({ env: world.env });
running.attach({ trust: trusting(), routes });
const observers: Readonly<Record<string, Observer>> = {
  empty: observerOf(() => {}),
  all: combineObservers(observerOf(new RuntimeSummary().observe), running.observer),
};
const observer = observers[kind];
const limits = { maxBytes: 256 * 1024 * 1024, keepDays: 0, keepBytes: 0 };
const traces = kind === "trace"
  ? startTraces({
    settings: { root: `${home}/traces`, ...limits },
    world,
    secrets: new Secrets(),
    warn: console.error,
  })
  : undefined;
{
  using dialer = await dialerFor();
  const session = benchSession({
    dialer,
    world,
    baseUrl,
    ...(observer === undefined ? {} : { observer }),
    ...(traces === undefined ? {} : { startInferenceTrace: traces.start }),
  });
  const turn = async () => {
    const count = await countEvents(session);
    if (count !== Number(total) + 2) throw new Error(`${count} events instead of ${total} and 2`);
  };
  await turn();
  console.log(await best(TURNS, turn));
  session.close();
}
await traces?.close(2_000);
await running.close(2_000);
await Deno.remove(home, { recursive: true });
