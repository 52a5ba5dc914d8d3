/**
 * Implements `culvert telemetry preview`.
 *
 * @module
 */
import { loadSettings } from "../../config/load_settings.ts";
import type { Signal, TelemetrySettings } from "../../config/otel/telemetry_settings.ts";
import { connect } from "../../connect/connect.ts";
import type { TelemetryPreview } from "../../observe/otlp/preview_telemetry.ts";
import { splitUserInfo } from "../../net/user_info.ts";
import { redactUrl } from "../../redaction/address.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import { MASK } from "../../redaction/span.ts";
import { userMessage } from "../../responses/events/items.ts";
import { Session, sessionOptions } from "../../responses/turn/session.ts";
import { settingsFlags } from "../command/shared_flags.ts";
import type { CliContext } from "../command/context.ts";
import { demoSettings, startDemo } from "../../mock/demo.ts";
import { listenForStop } from "../command/stop_signals.ts";
import { createReporter } from "../output/reporter.ts";
import type { TelemetryFlags } from "./command.ts";

/** The default prompt. */
const PROMPT = "Why is the sky blue?";

/** Runs a turn on the simulated network and prints the requests to the collectors. */
export async function run({ host }: CliContext, flags: TelemetryFlags, ...words: string[]): Promise<void> {
  const reporter = createReporter(host, flags);
  using stop = listenForStop(host);
  const loaded = await loadSettings(settingsFlags(flags), host.world);
  loaded.warnings.forEach(reporter.warn);
  const { loadTelemetry } = await import("../../config/otel/load_telemetry.ts");
  const telemetry = loaded.telemetry ?? loadTelemetry({}, host.world.env).settings;
  for (const { headers } of telemetry.destinations) reporter.secrets.add(...Object.values(headers));
  const { previewedSignals, previewTelemetry } = await import("../../observe/otlp/preview_telemetry.ts");
  const preview = previewTelemetry(telemetry, host.world.env, host.world);
  await using demo = await startDemo(host.world, { settings: loaded });
  await using connection = await connect(demoSettings(demo, loaded), demo.world, {
    observer: preview.observer,
    secrets: reporter.secrets,
  });
  const session = new Session(sessionOptions(connection));
  try {
    const input = [userMessage(words.length === 0 ? PROMPT : words.join(" "))];
    await session.turn({ model: loaded.model, input }, { signal: stop.signal }).text();
  } finally {
    session.close();
  }
  if (telemetry.destinations.length === 0) {
    reporter.progress(
      "no destination is configured, so nothing would be sent; these are the records of all signals",
    );
  }
  const redact = createRedactor(host.secrets(), "user");
  for (const signal of previewedSignals(telemetry)) {
    const request = await requestOf(signal, telemetry, preview.recordsOf(signal));
    await host.stdout.write(
      redact(flags.json === true ? `${JSON.stringify({ signal, ...request })}\n` : textOf(request)),
    );
  }
}

/** A printed request. */
interface PrintedRequest {
  readonly url: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

async function requestOf(
  signal: Signal,
  { destinations }: TelemetrySettings,
  { records, resource }: ReturnType<TelemetryPreview["recordsOf"]>,
): Promise<PrintedRequest> {
  const { encodeRequest } = await import("../../observe/otlp/encode.ts");
  const { destinationHeaders } = await import("../../observe/otlp/send_records.ts");
  const destination = destinations.find((each) => each.signal === signal);
  const headers = destination === undefined ? {} : destinationHeaders(
    destination,
    splitUserInfo(new URL(destination.url)).authorization,
  );
  const isShown = (name: string) => name === "content-type" || name === "content-encoding";
  return {
    url: destination === undefined ? null : redactUrl(destination.url),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, isShown(name) ? value : MASK]),
    ),
    body: JSON.parse(new TextDecoder().decode(encodeRequest(records, resource, "http/json"))),
  };
}

function textOf({ body, headers, url }: PrintedRequest): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `${[`POST ${url ?? "(no destination)"}`, ...lines].join("\n")}\n\n${
    JSON.stringify(body, null, 2)
  }\n\n`;
}
