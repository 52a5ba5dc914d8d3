/**
 * Starts the telemetry of a process: queues, timers and the observer.
 *
 * @module
 */
import { plural } from "../../text/plural.ts";
import { deadline } from "../../async/deadline.ts";
import type { Destination, Signal } from "../../config/otel/telemetry_settings.ts";
import type { Settings } from "../../config/settings.ts";
import type { Connection } from "../../connect/connect.ts";
import type { Observer } from "../../net/observer.ts";
import { asCulvertError } from "../../errors.ts";
import type { TraceHeaders } from "../../net/turn_observation.ts";
import { redactUrl } from "../../redaction/address.ts";
import type { World } from "../../world/world.ts";
import { admittedResource, Gate } from "../policy/gate.ts";
import { MetricAggregator } from "../records/metric_aggregator.ts";
import { processFacts } from "../records/process_facts.ts";
import type { LogRecord, MetricRecord, SignalRecords, SpanRecord } from "../records/records.ts";
import { DestinationDialers, type DialerSource } from "./destination_dialers.ts";
import { ExportQueue, type QueueOptions } from "./export_queue.ts";
import { Telemetry } from "./telemetry.ts";
import { TelemetryStateFile } from "./telemetry_state.ts";
import { TraceStarter } from "./trace_context.ts";

/** Time between two exports of spans and logs, ms. */
const EXPORT_INTERVAL_MS = 5_000;

/** Running telemetry. */
export interface RunningTelemetry {
  readonly observer: Observer;
  /** Sets the connection whose roots and routes it uses. Exports wait for it. */
  readonly attach: (connection: Pick<Connection, "trust" | "routes">) => void;
  /**
   * Sends the queued records, at most until the deadline, and stores the results. Never rejects.
   *
   * @param deadlineMs longest wait, ms
   * @returns one sentence for each destination that did not receive all records
   */
  readonly close: (deadlineMs: number) => Promise<readonly string[]>;
}

/** Options of {@link startTelemetry}. */
export interface TelemetryOptions {
  readonly settings: Settings;
  readonly world: World;
  /** The caller's span of the whole process. */
  readonly trace?: TraceHeaders | undefined;
}

/**
 * Starts telemetry.
 *
 * @returns `undefined` if the settings name no destination
 */
export function startTelemetry({ settings, trace, world }: TelemetryOptions): RunningTelemetry | undefined {
  const { telemetry } = settings;
  if (telemetry === undefined || telemetry.destinations.length === 0) return undefined;
  const facts = processFacts(telemetry, world.env);
  const dialers = new DestinationDialers(settings, world);
  const options = (signal: Signal): QueueOptions | undefined => {
    const destination = telemetry.destinations.find((each) => each.signal === signal);
    if (destination === undefined) return undefined;
    const resource = admittedResource(signal, facts.resource);
    return { destination, resource, world, dialer: () => dialers.dialerFor(destination) };
  };
  const queues: Queues = {
    traces: queueOf<SpanRecord>(options("traces"), (records) => ({ signal: "traces", records })),
    logs: queueOf<LogRecord>(options("logs"), (records) => ({ signal: "logs", records })),
    metrics: queueOf<MetricRecord>(options("metrics"), (records) => ({ signal: "metrics", records })),
  };
  const { logs, metrics: metricQueue, traces } = queues;
  const metrics = metricQueue === undefined ? undefined : new MetricAggregator(world.now);
  const gate = new Gate({
    ...(logs === undefined ? {} : { logs: (record) => logs.push(record) }),
    ...(traces === undefined ? {} : { traces: (span) => traces.push(span) }),
    ...(metrics === undefined ? {} : { metrics }),
  }, telemetry.spanAttributes);
  const running = new Telemetry(gate, telemetry, facts, world);
  const collect = () => {
    if (metrics === undefined || metricQueue === undefined) return;
    for (const record of metrics.collect()) metricQueue.push(record);
    metricQueue.outcome.dropped += metrics.takeDropped();
  };
  const stop = new AbortController();
  repeat(EXPORT_INTERVAL_MS, world, stop.signal, () => {
    logs?.send();
    traces?.send();
  });
  if (metricQueue !== undefined) {
    repeat(telemetry.metricIntervalMs, world, stop.signal, () => {
      collect();
      metricQueue.send();
    });
  }
  const flush = async (deadlineMs: number) => {
    collect();
    using limit = deadline(deadlineMs, world);
    const { signal } = limit;
    await Promise.all([traces?.drain(signal), metricQueue?.drain(signal), logs?.drain(signal)]);
  };
  const starter = new TraceStarter(telemetry, trace);
  return {
    observer: {
      observe: running.observe,
      wantsEvents: metrics !== undefined || logs !== undefined,
      wantsPrompts: telemetry.logUserPrompt && logs !== undefined,
      startTrace: (parent) => {
        const spans = starter.start(parent);
        if (!spans.isSampled) running.excludeTrace(spans.traceId);
        return spans;
      },
    },
    attach: (connection: DialerSource) => dialers.attach(connection),
    close: async (deadlineMs) => {
      stop.abort();
      await flush(deadlineMs);
      dialers[Symbol.dispose]();
      return await report(telemetry.destinations, queues, settings, world);
    },
  };
}

/** The queues of the signals that are sent. */
interface Queues {
  readonly traces: ExportQueue<SpanRecord> | undefined;
  readonly metrics: ExportQueue<MetricRecord> | undefined;
  readonly logs: ExportQueue<LogRecord> | undefined;
}

function queueOf<R>(
  options: QueueOptions | undefined,
  wrap: (records: readonly R[]) => SignalRecords,
): ExportQueue<R> | undefined {
  return options === undefined ? undefined : new ExportQueue(options, wrap);
}

/** Repeats a step until the signal is aborted. */
function repeat(everyMs: number, world: Pick<World, "sleep">, signal: AbortSignal, step: () => void): void {
  const wait = (): void => {
    world.sleep(everyMs, signal).then(() => {
      step();
      wait();
    }, () => {});
  };
  wait();
}

async function report(
  destinations: readonly Destination[],
  queues: Queues,
  { codexHome }: Settings,
  world: World,
): Promise<readonly string[]> {
  const outcomes = destinations.flatMap(({ signal, url }) => {
    const queue = queues[signal];
    return queue === undefined ? [] : [[signal, redactUrl(url), queue.outcome] as const];
  });
  const sentences = outcomes.flatMap(([signal, destination, { dropped, lastError }]) => {
    if (dropped === 0) return [];
    const reason = lastError === undefined ? "the queue was full, or they were rejected" : lastError.message;
    return [
      `telemetry: ${plural(dropped, "record")} of ${signal} ${
        dropped === 1 ? "was" : "were"
      } not delivered to ${destination}: ${reason}`,
    ];
  });
  try {
    await new TelemetryStateFile(codexHome, world).add(outcomes);
  } catch (thrown) {
    sentences.push(`telemetry: the status could not be written: ${asCulvertError(thrown).message}`);
  }
  return sentences;
}
