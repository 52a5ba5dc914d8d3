/**
 * Sends recorded spans and log records to a collector that the command line names.
 *
 * @module
 */
import { plural } from "../../text/plural.ts";
import { loadTelemetry } from "../../config/otel/load_telemetry.ts";
import type { Signal } from "../../config/otel/telemetry_settings.ts";
import { CulvertError } from "../../errors.ts";
import { DestinationDialers } from "../../observe/otlp/destination_dialers.ts";
import { type RecordedSignals, sendAll } from "../../observe/otlp/send_all.ts";
import { quotedAddress } from "../../redaction/address.ts";
import { VERSION } from "../../version.ts";
import type { Environment } from "../../world/world.ts";
import { createReporter } from "../output/reporter.ts";
import { connectCommand } from "../command/connection.ts";
import type { CliContext } from "../command/context.ts";
import type { NetworkFlags, OutputFlags } from "../command/shared_flags.ts";
import { listenForStop } from "../command/stop_signals.ts";

/** The records to send. */
export interface CollectedRecords extends RecordedSignals {
  /** `service.name` of the resource. */
  readonly serviceName: string;
}

/**
 * Parses the address of a collector.
 *
 * @throws CulvertError `usage` if it is not an HTTP address
 */
export function collectorUrl(address: string): URL {
  const url = URL.parse(address);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new CulvertError("usage", `${quotedAddress(address)} is not the address of a collector`, {
    hint: "Write, for example, http://127.0.0.1:4318/.",
  });
}

/**
 * Sends records over the network of the user, and reports how many were sent and how many were not.
 *
 * @param url the collector; `/v1/traces` and `/v1/logs` are appended. The `OTEL_*` variables give headers,
 * protocol, compression and certificates
 * @throws CulvertError of configuration, trust and the network; `config` if the variables exclude it;
 * `server` if the collector refuses all records
 */
export async function sendToCollector(
  { host }: CliContext,
  flags: OutputFlags & NetworkFlags,
  url: URL,
  { logs, serviceName, spans }: CollectedRecords,
): Promise<void> {
  const reporter = createReporter(host, flags);
  using stop = listenForStop(host);
  await using connection = await connectCommand(host, flags, reporter);
  const { settings, warnings } = loadTelemetry({}, collectorEnvironment(host.world.env, url));
  warnings.forEach(reporter.warn);
  const isSent = (name: Signal) => settings.destinations.some(({ signal }) => signal === name);
  if (!isSent("traces") || !isSent("logs")) {
    throw new CulvertError(
      "config",
      `With the OTEL_ variables, spans and logs cannot be sent to ${url.host}`,
      {
        hint: "Correct or unset the variables that the warnings name.",
      },
    );
  }
  for (const { headers } of settings.destinations) reporter.secrets.add(...Object.values(headers));
  using dialers = new DestinationDialers(connection.settings, host.world);
  dialers.attach(connection);
  using line = reporter.wait("the collector");
  const sent = await sendAll({
    spans,
    logs,
    destinations: settings.destinations,
    resource: { ...settings.resource, "service.name": serviceName, "service.version": VERSION },
    dialerFor: (destination) => dialers.dialerFor(destination),
    world: host.world,
    signal: stop.signal,
    onProgress: (count) => line.setLabel(`the collector, ${plural(count, "record")} sent`),
  });
  line.stop();
  reporter.progress(
    `${plural(sent.spans, "span")} and ${plural(sent.logs, "log record")} sent to ${url.host}`,
  );
  if (sent.dropped === 0) return;
  const { dropped, reason = "the collector rejected them" } = sent;
  reporter.warn({
    code: "otlp_dropped",
    message: `${plural(dropped, "record")} ${dropped === 1 ? "was" : "were"} not delivered: ${reason}`,
  });
}

/**
 * Returns the environment with another address instead of those of its variables; headers, protocol,
 * compression and certificates are kept.
 */
function collectorEnvironment(env: Environment, url: URL): Environment {
  const base = new URL(url);
  base.pathname = base.pathname.replace(/\/v1\/(?:traces|logs)\/?$/, "");
  return (name) => {
    if (name === "OTEL_EXPORTER_OTLP_ENDPOINT") return base.href;
    return /_ENDPOINT$|^OTEL_[A-Z]+_EXPORTER$|^OTEL_SDK_DISABLED$/.test(name) ? undefined : env(name);
  };
}
