/**
 * Implementation of `culvert config`.
 *
 * @module
 */
import { addSecretsInForce } from "../../config/environment/secrets_in_force.ts";
import { loadSettings } from "../../config/load_settings.ts";
import type { SharedFlags } from "../../config/settings.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import { removeControls } from "../../text/control_characters.ts";
import type { CliContext } from "../command/context.ts";
import { createReporter } from "../output/reporter.ts";
import type { ConfigFlags } from "./command.ts";
import { type SettingsReport, settingsReport } from "./settings_report.ts";

/** Runs the command. */
export async function run(context: CliContext, flags: ConfigFlags): Promise<void> {
  const { host } = context;
  const { world } = host;
  const reporter = createReporter(host, flags);
  const settings = await loadSettings(sharedFlags(flags), world);
  settings.warnings.forEach(reporter.warn);
  settings.notes.forEach((note) => reporter.note(note));
  addSecretsInForce(host.secrets(), settings, world);
  const report = settingsReport(settings, world, createRedactor(host.secrets(), "user"));
  await host.stdout.write(flags.json === true ? `${JSON.stringify(report)}\n` : renderSettings(report));
}

function sharedFlags({ config, ...flags }: ConfigFlags): SharedFlags {
  return { ...flags, ...(config === undefined ? {} : { overrides: config }) };
}

/** Returns the report as text: one line a setting, in three columns. */
function renderSettings({ settings, config_file, own_config_file, env_file }: SettingsReport): string {
  const rows = settings.map(({ key, value, source }) =>
    [key, String(value), source].map((part) => removeControls(part))
  );
  const width = (column: number) => Math.min(40, Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const [keys, values] = [width(0), width(1)];
  const lines = rows.map(([key = "", value = "", source = ""]) =>
    `${key.padEnd(keys)}  ${value.padEnd(values)}  ${source}`
  );
  const files = [
    ...[config_file, own_config_file].flatMap((path) => path === null ? [] : [`# ${path}`]),
    ...(env_file === null ? [] : [`# ${env_file.path}: ${env_file.names.join(", ") || "no variable"}`]),
  ];
  return `${[...files.map((line) => removeControls(line)), ...lines].join("\n")}\n`;
}
