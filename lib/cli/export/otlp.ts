/**
 * Implements `culvert export --to otlp`.
 *
 * @module
 */
import { logsOfCapture, spansOfCapture } from "../../capture/export/otlp/capture_records.ts";
import { redactedCapture } from "../../capture/export/shared_capture.ts";
import { openCapture } from "../capture/open_capture.ts";
import { collectorUrl, sendToCollector } from "../telemetry/collector.ts";
import type { CliContext } from "../command/context.ts";
import { createReporter } from "../output/reporter.ts";
import type { ExportFlags } from "./command.ts";

/** Sends a capture to the collector at an address. */
export async function exportToOtlp(
  context: CliContext,
  flags: ExportFlags,
  path: string,
  address: string,
): Promise<void> {
  const url = collectorUrl(address);
  using loaded = await openCapture(path, context.host, createReporter(context.host, flags));
  const capture = redactedCapture(loaded, flags.redact ?? "safe");
  await sendToCollector(context, flags, url, {
    serviceName: "culvert capture",
    spans: spansOfCapture(capture),
    logs: logsOfCapture(capture),
  });
}
