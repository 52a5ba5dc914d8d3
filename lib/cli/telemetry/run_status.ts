/**
 * Implements `culvert telemetry status`.
 *
 * @module
 */
import { loadSettings } from "../../config/load_settings.ts";
import { type Destination, SIGNALS } from "../../config/otel/telemetry_settings.ts";
import {
  type StateEntry,
  type TelemetryState,
  TelemetryStateFile,
} from "../../observe/otlp/telemetry_state.ts";
import { redactUrl } from "../../redaction/address.ts";
import { settingsFlags } from "../command/shared_flags.ts";
import type { CliContext } from "../command/context.ts";
import { createReporter } from "../output/reporter.ts";
import type { TelemetryFlags } from "./command.ts";

/** Prints the status. */
export async function run({ host }: CliContext, flags: TelemetryFlags): Promise<void> {
  const reporter = createReporter(host, flags);
  const settings = await loadSettings(settingsFlags(flags), host.world);
  settings.warnings.forEach(reporter.warn);
  const destinations = settings.telemetry?.destinations ?? [];
  const state = await new TelemetryStateFile(settings.codexHome, host.world).read();
  if (flags.json === true) {
    const line = { schema_version: 1, destinations: destinations.map((each) => jsonOf(each, state)) };
    return await host.stdout.write(`${JSON.stringify(line)}\n`);
  }
  const lines = SIGNALS.flatMap((signal) => {
    const destination = destinations.find((each) => each.signal === signal);
    return destination === undefined ? [`${signal}: not sent`] : describe(destination, state);
  });
  await host.stdout.write(`${lines.join("\n")}\n`);
}

/** Returns the counts of a signal; `undefined` if its last exports were sent to another destination. */
function entryOf({ signal, url }: Destination, state: TelemetryState): StateEntry | undefined {
  const entry = state[signal];
  return entry?.destination === redactUrl(url) ? entry : undefined;
}

function describe(destination: Destination, state: TelemetryState): readonly string[] {
  const { compression, protocol, signal, source, url } = destination;
  const entry = entryOf(destination, state);
  const how = compression === "gzip" ? `${protocol}, gzip` : protocol;
  return [
    `${signal}: ${redactUrl(url)} (${how}; from ${source})`,
    `  last success: ${timeOf(entry?.last_success_at)}`,
    `  last error: ${timeOf(entry?.last_error?.at)}${
      entry?.last_error === undefined ? "" : `: ${entry.last_error.message}`
    }`,
    `  records: ${entry?.sent ?? 0} sent, ${entry?.dropped ?? 0} dropped`,
  ];
}

function jsonOf(destination: Destination, state: TelemetryState): Readonly<Record<string, unknown>> {
  const { compression, protocol, signal, source, url } = destination;
  const entry = entryOf(destination, state);
  const error = entry?.last_error;
  return {
    signal,
    url: redactUrl(url),
    protocol,
    compression,
    source,
    last_success: isoOf(entry?.last_success_at),
    last_error: error === undefined ? null : { at: isoOf(error.at), message: error.message },
    sent: entry?.sent ?? 0,
    dropped: entry?.dropped ?? 0,
  };
}

function isoOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

function timeOf(ms: number | undefined): string {
  return isoOf(ms) ?? "never";
}
