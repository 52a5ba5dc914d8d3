/**
 * Collects the records that would be exported, without sending them.
 *
 * @module
 */
import { type Signal, SIGNALS, type TelemetrySettings } from "../../config/otel/telemetry_settings.ts";
import type { Observer } from "../../net/observer.ts";
import type { Environment, World } from "../../world/world.ts";
import { admittedResource, Gate } from "../policy/gate.ts";
import { MetricAggregator } from "../records/metric_aggregator.ts";
import { processFacts } from "../records/process_facts.ts";
import type { LogRecord, SignalRecords, SpanRecord } from "../records/records.ts";
import { Telemetry } from "./telemetry.ts";
import { TraceStarter } from "./trace_context.ts";

/** Telemetry that is kept in memory. */
export interface TelemetryPreview {
  readonly observer: Observer;
  /** Returns the records of a signal so far, and the resource that they would be sent with. */
  readonly recordsOf: (signal: Signal) => {
    readonly records: SignalRecords;
    readonly resource: Readonly<Record<string, string>>;
  };
}

/**
 * Builds a preview: the same description of observations, the same gate, but without exporters.
 *
 * @param settings the settings in force
 * @param env the environment in force
 * @param world the clock
 */
export function previewTelemetry(
  settings: TelemetrySettings,
  env: Environment,
  world: Pick<World, "now">,
): TelemetryPreview {
  const facts = processFacts(settings, env);
  const logs: LogRecord[] = [];
  const traces: SpanRecord[] = [];
  const metrics = new MetricAggregator(world.now);
  const gate = new Gate(
    { logs: (record) => logs.push(record), traces: (span) => traces.push(span), metrics },
    settings.spanAttributes,
  );
  const telemetry = new Telemetry(gate, settings, facts, world);
  const starter = new TraceStarter(settings, undefined);
  const records = (signal: Signal): SignalRecords => {
    switch (signal) {
      case "traces":
        return { signal, records: traces };
      case "logs":
        return { signal, records: logs };
      case "metrics":
        return { signal, records: metrics.collect() };
    }
  };
  return {
    observer: {
      observe: telemetry.observe,
      wantsEvents: true,
      wantsPrompts: settings.logUserPrompt,
      startTrace: (parent) => starter.start(parent),
    },
    recordsOf: (signal) => ({
      records: records(signal),
      resource: admittedResource(signal, facts.resource),
    }),
  };
}

/** Returns the signals that have a destination; all signals if none has one. */
export function previewedSignals({ destinations }: TelemetrySettings): readonly Signal[] {
  if (destinations.length === 0) return SIGNALS;
  return SIGNALS.filter((signal) => destinations.some((each) => each.signal === signal));
}
