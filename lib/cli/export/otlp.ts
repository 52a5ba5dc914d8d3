/**
 * Implements `culvert export --to otlp`.
 *
 * @module
 */
import { loadCapture } from "../../capture/export/load_capture.ts";
import { sendCapture } from "../../capture/export/otlp/send_capture.ts";
import { redactedCapture } from "../../capture/export/shared_capture.ts";
import { loadTelemetry } from "../../config/otel/load_telemetry.ts";
import { CulvertError } from "../../errors.ts";
import { VERSION } from "../../version.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { Environment } from "../../world/world.ts";
import { connectCommand } from "../command/connection.ts";
import type { CliContext } from "../command/context.ts";
import { listenForStop } from "../command/stop_signals.ts";
import { createReporter } from "../output/reporter.ts";
import type { ExportFlags } from "./command.ts";

/** Sends a capture to the collector at an address. */
export async function exportToOtlp(
  { host }: CliContext,
  flags: ExportFlags,
  path: string,
  address: string,
): Promise<void> {
  const reporter = createReporter(host, flags);
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new CulvertError("usage", `${address} is not the address of a collector`, {
      hint: "Write, for example, http://127.0.0.1:4318/",
    });
  }
  using stop = listenForStop(host);
  using loaded = await loadCapture(absolutePath(path, host.world.cwd()));
  await using connection = await connectCommand(host, flags, reporter);
  const { settings, warnings } = loadTelemetry({}, collectorEnvironment(host.world.env, url));
  warnings.forEach(reporter.warn);
  for (const { headers } of settings.destinations) reporter.secrets.add(...Object.values(headers));
  using line = reporter.wait("the collector");
  const { dropped, logs, reason, spans } = await sendCapture({
    capture: redactedCapture(loaded, flags.redact ?? "safe"),
    destinations: settings.destinations,
    resource: { ...settings.resource, "service.name": "culvert capture", "service.version": VERSION },
    dialer: connection.dialer,
    world: host.world,
    signal: stop.signal,
    onProgress: (sent) => line.setLabel(`the collector, ${sent} records sent`),
  });
  line.stop();
  reporter.progress(`${spans} spans and ${logs} log records sent to ${url.host}`);
  if (dropped === 0) return;
  const because = reason === undefined ? "the collector rejected them" : reason;
  reporter.warn({ code: "otlp_dropped", message: `${dropped} records were not delivered: ${because}` });
}

/** The environment with an address in place of those of its variables; headers, protocol and compression count. */
function collectorEnvironment(env: Environment, url: URL): Environment {
  const base = url.href.replace(/\/v1\/(?:traces|logs)\/?$/, "");
  return (name) => {
    if (name === "OTEL_EXPORTER_OTLP_ENDPOINT") return base;
    return /_ENDPOINT$|^OTEL_[A-Z]+_EXPORTER$|^OTEL_SDK_DISABLED$/.test(name) ? undefined : env(name);
  };
}
