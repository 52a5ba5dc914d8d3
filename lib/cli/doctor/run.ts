/**
 * Runs `culvert doctor`.
 *
 * @module
 */
import { type ExaminationOptions, examine } from "../../doctor/examine.ts";
import { renderReport } from "../../doctor/report/render.ts";
import type { Report, ReportMode } from "../../doctor/report/report.ts";
import { CulvertError } from "../../errors.ts";
import { applyStyles } from "../../text/style.ts";
import { settingsFlags } from "../command/shared_flags.ts";
import { wantsColor } from "../output/color.ts";
import type { DoctorFlags } from "./command.ts";
import type { CliContext } from "../command/context.ts";
import { listenForStop } from "../command/stop_signals.ts";

/** Runs the checks and prints the report. The exit code is that of the first failed check. */
export async function run(context: CliContext, flags: DoctorFlags, url?: string): Promise<void> {
  const { host } = context;
  const { world } = host;
  const mode = modeOf(flags);
  using stop = listenForStop(host);
  const headers = flags.header === undefined
    ? {}
    : (await import("../command/flags/header.ts")).parseHeaders(flags.header);
  const report = await examineHere({
    world,
    flags: { ...settingsFlags(flags), ...(url === undefined ? {} : { baseUrl: url }) },
    headers,
    mode,
    spend: flags.spend === true,
    signal: stop.signal,
  });
  context.status = report.exit_code;
  if (flags.json === true) {
    await host.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const columns = host.stdout.columns();
  const text = renderReport(report, {
    ...(columns === undefined ? {} : { columns }),
    color: wantsColor(flags.color, host.stdout, world.env),
    verbose: (flags.verbose ?? 0) > 0,
  });
  // On a terminal the stream applies the styles after its filter.
  await host.stdout.write(host.stdout.isTerminal ? text : applyStyles(text));
}

async function examineHere(options: ExaminationOptions): Promise<Report> {
  if (options.flags.provider !== "demo" || options.flags.baseUrl !== undefined) return await examine(options);
  const { demoSubject } = await import("./demo.ts");
  await using demo = await demoSubject(options);
  return await examine({ ...options, ...demo.subject });
}

function modeOf(flags: DoctorFlags): ReportMode {
  if (flags.networkOnly === true && flags.offline === true) {
    throw new CulvertError("usage", "Both --network-only and --offline were given", {
      hint: "Remove one of them.",
    });
  }
  return flags.networkOnly === true ? "network-only" : flags.offline === true ? "offline" : "full";
}
