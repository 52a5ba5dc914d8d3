/**
 * Can the configuration be read, and what does it come to?
 *
 * @module
 */
import { type Check, type Finding, ok, warn } from "../check.ts";
import type { DoctorContext } from "../context.ts";

/** The check. */
export const configCheck: Check<DoctorContext> = {
  id: "config",
  category: "config",
  question: "Can the configuration be read, and what does it come to?",
  network: false,
  run: examineConfig,
};

async function examineConfig({ settings, base }: DoctorContext): Promise<Finding> {
  const { provider, model, transport, configPath, codexHome, warnings } = await settings();
  // Throws what is wrong with the address of the provider, which is configuration too.
  await base();
  const details = {
    codex_home: codexHome,
    config_path: configPath ?? null,
    provider: provider.id,
    model,
    transport,
  };
  const source = configPath === undefined ? "No config.toml" : configPath;
  const choice = `provider ${provider.id}, model ${model}, transport ${transport}`;
  if (warnings.length === 0) return ok(`${source}; ${choice}`, details);
  return warn(`${warnings.map(({ message }) => message).join(". ")}; ${choice}`, {
    details: { ...details, warnings: warnings.map(({ code }) => code) },
    remediation: "Correct or remove these keys; --strict-config makes such a key an error.",
  });
}
