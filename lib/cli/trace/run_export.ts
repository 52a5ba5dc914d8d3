/**
 * Implements `culvert trace export`.
 *
 * @module
 */
import { openTrace } from "../../observe/trace/read/open_trace.ts";
import { reduceTrace } from "../../observe/trace/reduce/reduce_trace.ts";
import { redactTrace, shareTrace } from "../../observe/trace/show/share_trace.ts";
import { recordsOfTrace } from "../../observe/trace/show/trace_records.ts";
import { collectorUrl, sendToCollector } from "../telemetry/collector.ts";
import type { CliContext } from "../command/context.ts";
import { createReporter } from "../output/reporter.ts";
import type { TraceExportFlags } from "./command.ts";
import { traceFolder } from "./trace_folder.ts";

/** Runs the command. */
export async function run(
  context: CliContext,
  flags: TraceExportFlags,
  name: string,
  address: string,
): Promise<void> {
  const { world } = context.host;
  const url = collectorUrl(address);
  const reporter = createReporter(context.host, flags);
  const bundle = await openTrace(name, await traceFolder(flags.root, world, reporter), world.cwd());
  const reduced = await reduceTrace(bundle);
  const trace = flags.share === true ? shareTrace(reduced) : redactTrace(reduced);
  await sendToCollector(context, flags, url, { serviceName: "culvert trace", ...recordsOfTrace(trace) });
}
