/**
 * Implementation of `culvert config`.
 *
 * @module
 */
import { addSecretsInForce } from "../../config/environment/secrets_in_force.ts";
import { loadSettings } from "../../config/load_settings.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import { removeControls } from "../../text/control_characters.ts";
import { settingsFlags } from "../command/shared_flags.ts";
import type { CliContext } from "../command/context.ts";
import { createReporter } from "../output/reporter.ts";
import type { ConfigFlags } from "./command.ts";
import { type SettingsReport, settingsReport } from "./settings_report.ts";

/** Runs the command. */
export async function run(context: CliContext, flags: ConfigFlags): Promise<void> {
  const { host } = context;
  const { world } = host;
  const reporter = createReporter(host, flags);
  const settings = await loadSettings(settingsFlags(flags), world);
  settings.warnings.forEach(reporter.warn);
  settings.notes.forEach((note) => reporter.note(note));
  addSecretsInForce(host.secrets(), settings, world);
  const report = settingsReport(settings, world, createRedactor(host.secrets(), "user"));
  await host.stdout.write(flags.json === true ? `${JSON.stringify(report)}\n` : renderSettings(report));
}

/** Width of the lines, columns. */
const WIDTH = 80;

/**
 * Returns the report as text: one line a setting, in three columns. A source that is a file of `CODEX_HOME` is shown by
 * its name, because the lines above have the whole path.
 */
function renderSettings(report: SettingsReport): string {
  const { settings, codex_home, config_file, own_config_file, env_file } = report;
  const rows = settings.map(({ key, value, source }) =>
    [key, String(value), source.replaceAll(`${codex_home}/`, "")].map((part) => removeControls(part))
  );
  const width = (index: number) => Math.max(...rows.map((row) => row[index]?.length ?? 0));
  const keys = width(0);
  const values = Math.max(10, Math.min(width(1), WIDTH - keys - width(2) - 4));
  const lines = rows.flatMap(([key = "", value = "", source = ""]) => {
    const setting = `${key.padEnd(keys)}  ${value.padEnd(values)}`;
    // Behind a long value the source gets a line of its own.
    if (setting.length + source.length + 2 <= WIDTH) return [`${setting}  ${source}`];
    return [setting.trimEnd(), `${" ".repeat(keys + values + 4)}${source}`];
  });
  const files = [
    ...[config_file, own_config_file].flatMap((path) => path === null ? [] : [`# ${path}`]),
    ...(env_file === null ? [] : [`# ${env_file.path}: ${env_file.names.join(", ") || "no variable"}`]),
  ];
  return `${[...files.map((line) => removeControls(line)), ...lines].join("\n")}\n`;
}
