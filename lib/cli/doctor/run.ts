/**
 * What `culvert doctor` does.
 *
 * @module
 */
import type { SharedFlags } from "../../config/settings.ts";
import { type ExaminationOptions, examine } from "../../doctor/examine.ts";
import { renderReport } from "../../doctor/report/render.ts";
import type { Report, ReportMode } from "../../doctor/report/report.ts";
import { CulvertError } from "../../errors.ts";
import { wantsColor } from "../output/style.ts";
import type { DoctorFlags } from "./command.ts";
import type { CliContext } from "../command/context.ts";
import { listenForStop } from "../command/stop_signals.ts";

/** Runs the command. */
export async function run(context: CliContext, flags: DoctorFlags, url?: string): Promise<void> {
  const { host } = context;
  const { world } = host;
  const mode = modeOf(flags);
  using stop = listenForStop(host);
  const report = await examineHere({
    world,
    flags: sharedFlags(flags, url),
    mode,
    spend: flags.spend === true,
    ...nextCommands(flags, url),
    signal: stop.signal,
  });
  context.status = report.exit_code;
  if (flags.json === true) {
    await host.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  await host.stdout.write(renderReport(report, {
    color: wantsColor(flags.color, host.stdout, world.env),
    verbose: (flags.verbose ?? 0) > 0,
  }));
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
      hint: "With both there would be nothing to ask; leave one out.",
    });
  }
  return flags.networkOnly === true ? "network-only" : flags.offline === true ? "offline" : "full";
}

function sharedFlags(flags: DoctorFlags, url: string | undefined): SharedFlags {
  const { caCert, proxy, profile, strictConfig, model, provider, transport, apiKeyFile } = flags;
  const given = {
    caCert,
    proxy,
    profile,
    strictConfig,
    model,
    provider,
    transport,
    apiKeyFile,
    baseUrl: url,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Command lines for the reader to copy, about the same place with the same choices. */
function nextCommands(
  flags: DoctorFlags,
  url: string | undefined,
): Pick<ExaminationOptions, "again" | "onSuccess"> {
  const choices = [
    ["--provider", flags.provider],
    ["--profile", flags.profile],
    ["-m", flags.model],
    ["--transport", flags.transport],
    ["--ca-cert", flags.caCert],
    ["--proxy", flags.proxy],
    ["--api-key-file", flags.apiKeyFile],
  ].flatMap(([name = "", value]) => value === undefined ? [] : [name, quoted(value)]);
  const base = url === undefined ? [] : ["--base-url", quoted(url)];
  const place = url === undefined ? [] : [quoted(url)];
  return {
    again: ["culvert doctor", ...place, ...choices].join(" "),
    onSuccess: ["culvert respond", ...base, ...choices, '"Why is the sky blue?"'].join(" "),
  };
}

/** For a shell, where the address needs it. */
function quoted(text: string): string {
  return /^[\w:/.@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
