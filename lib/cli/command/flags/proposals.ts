/**
 * Proposes values of flags for completion, from the configuration and the built-in values. Opens no
 * connection, and proposes only built-in values if a file cannot be read.
 *
 * @module
 */
import { loadConfig } from "../../../config/config_layers.ts";
import { loadSettings } from "../../../config/load_settings.ts";
import type { World } from "../../../world/world.ts";

const BUILT_IN_PROVIDERS = ["openai", "ollama", "lmstudio", "demo"];

interface ConfigNames {
  readonly models: readonly string[];
  readonly providers: readonly string[];
  readonly profiles: readonly string[];
}

/** Proposes the model of the configuration. */
export async function models(world: World): Promise<readonly string[]> {
  return (await namesOf(world)).models;
}

/** Proposes the built-in providers and those of the configuration. */
export async function providers(world: World): Promise<readonly string[]> {
  return [...BUILT_IN_PROVIDERS, ...(await namesOf(world)).providers];
}

/** Proposes the profiles of the configuration. */
export async function profiles(world: World): Promise<readonly string[]> {
  return (await namesOf(world)).profiles;
}

async function namesOf(world: World): Promise<ConfigNames> {
  const none = { models: [], providers: [], profiles: [] };
  try {
    const { model, codexHome } = await loadSettings({}, world);
    return { ...none, models: [model], ...await tablesOf(codexHome) };
  } catch {
    // An invalid configuration is reported by the command that needs it, not while the user types.
    return none;
  }
}

async function tablesOf(codexHome: string): Promise<Pick<ConfigNames, "providers" | "profiles">> {
  const { values } = await loadConfig(codexHome, {});
  const files: string[] = [];
  for await (const { name } of Deno.readDir(codexHome)) {
    const profile = /^(.+)\.config\.toml$/.exec(name)?.[1];
    if (profile !== undefined) files.push(profile);
  }
  return {
    providers: Object.keys(values.model_providers ?? {}),
    profiles: [...Object.keys(values.profiles ?? {}), ...files],
  };
}
