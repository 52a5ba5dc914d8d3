/**
 * Checks the configuration file and shows the settings in force.
 *
 * @module
 */
import { type Check, type Finding, ok, warn } from "../check.ts";
import type { DoctorContext } from "../context.ts";

/** The check. */
export const configCheck: Check<DoctorContext> = {
  id: "config",
  category: "config",
  question: "Can the configuration be read, and which settings are in force?",
  network: false,
  run: examineConfig,
};

async function examineConfig({ settings, base }: DoctorContext): Promise<Finding> {
  const { provider, model, transport, configPath, codexHome, warnings } = await settings();
  // Throws for a base URL that cannot be used.
  const { href } = await base();
  const details = {
    codex_home: codexHome,
    config_path: configPath ?? null,
    provider: provider.id,
    base_url: href,
    model,
    transport,
  };
  const source = configPath === undefined ? "No config.toml" : configPath;
  const choice = `provider ${provider.id}, model ${model}, transport ${transport}`;
  if (warnings.length === 0) return ok(`${source}; ${choice}`, details);
  return warn(`${warnings.map(({ message }) => message).join(". ")}; ${choice}`, {
    details: { ...details, warnings: warnings.map(({ code }) => code) },
    remediation: "Correct or remove these keys. --strict-config makes such a key an error.",
  });
}
