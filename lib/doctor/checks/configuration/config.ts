/**
 * Checks the configuration file and shows the settings in force.
 *
 * @module
 */
import { type Check, type Finding, ok, warn } from "../../check.ts";
import type { DoctorContext } from "../../context.ts";

/** The check. */
export const configCheck: Check<DoctorContext> = {
  id: "config",
  category: "config",
  question: "Can the configuration be read, and which settings are in force?",
  network: false,
  // A bug report reads the same settings and fails in the same way.
  next: () => Promise.resolve("culvert help config"),
  run: examineConfig,
};

async function examineConfig({ base, identity, settings, world }: DoctorContext): Promise<Finding> {
  // Throws for a client certificate that cannot be read or used.
  await identity();
  const {
    clientCert,
    codexHome,
    configPath,
    model,
    notes,
    ownConfigPath,
    provider,
    sources,
    transport,
    warnings,
  } = await settings();
  // Throws for a base URL that cannot be used.
  const { href } = await base();
  const details = {
    codex_home: codexHome,
    config_path: configPath ?? null,
    ...(ownConfigPath === undefined ? {} : { own_config_path: ownConfigPath }),
    provider: provider.id,
    base_url: href,
    model,
    transport,
    ...(clientCert === undefined ? {} : { client_cert: clientCert }),
    ...(notes.length === 0 ? {} : { notes }),
  };
  const files = [configPath, ownConfigPath].filter((path) => path !== undefined);
  const source = files.length === 0 ? "No config.toml" : files.join(" and ");
  // A variable of another tool decides on the host that the key is sent to.
  const place = /\bOPENAI_BASE_URL\b/.test(sources["base_url"] ?? "")
    ? `, base URL from ${sources["base_url"]}`
    : "";
  const choice = `provider ${provider.id}, model ${model}, transport ${transport}${place}`;
  const overridden = world.environment?.file?.overridden ?? [];
  if (warnings.length === 0 && overridden.length === 0) return ok(`${source}; ${choice}`, details);
  if (warnings.length === 0) {
    const names = overridden.join(", ");
    return warn(
      `${world.environment?.file?.path} replaces the value of ${names} in the environment; ${choice}`,
      {
        details,
        remediation: `Give ${names} one value, or remove it from the file.`,
      },
    );
  }
  return warn(`${warnings.map(({ message }) => message).join(". ")}; ${choice}`, {
    details: { ...details, warnings: warnings.map(({ code }) => code) },
    remediation: remedyOf(new Set(warnings.map(({ code }) => code))),
  });
}

function remedyOf(codes: ReadonlySet<string>): string {
  const isStrict = "--strict-config makes such a key an error.";
  if (codes.has("config_unknown_key")) return `Correct or remove these keys. ${isStrict}`;
  if (codes.has("config_misplaced_key")) {
    return `Move these keys to culvert.toml, which the codex client does not read. ${isStrict}`;
  }
  return "Correct the value, or remove it.";
}
