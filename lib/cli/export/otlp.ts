/**
 * Implements `culvert export --to otlp`.
 *
 * @module
 */
import { loadCapture } from "../../capture/export/load_capture.ts";
import { logsOfCapture, spansOfCapture } from "../../capture/export/otlp/capture_records.ts";
import { redactedCapture } from "../../capture/export/shared_capture.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import { collectorUrl, sendToCollector } from "../telemetry/collector.ts";
import type { CliContext } from "../command/context.ts";
import type { ExportFlags } from "./command.ts";

/** Sends a capture to the collector at an address. */
export async function exportToOtlp(
  context: CliContext,
  flags: ExportFlags,
  path: string,
  address: string,
): Promise<void> {
  const url = collectorUrl(address);
  using loaded = await loadCapture(absolutePath(path, context.host.world.cwd()));
  const capture = redactedCapture(loaded, flags.redact ?? "safe");
  await sendToCollector(context, flags, url, {
    serviceName: "culvert capture",
    spans: spansOfCapture(capture),
    logs: logsOfCapture(capture),
  });
}
