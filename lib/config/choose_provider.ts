/**
 * Chooses the provider and its base URL.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";
import { quotedAddress } from "../redaction/address.ts";
import type { World } from "../world/world.ts";
import { builtinProvider, plainProvider, RESERVED_PROVIDER_IDS } from "./builtin_providers.ts";
import { type LoadedConfig, present } from "./config_layers.ts";
import { variableLabel } from "./environment/layered_world.ts";
import { checkValue } from "./environment/variable_value.ts";
import type { Provider } from "./provider.ts";
import { providerFromTable } from "./provider_table.ts";
import type { SharedFlags } from "./settings.ts";

/** The variable that gives the base URL of the built-in provider, as in OpenAI's own libraries. */
export const baseUrlVariable = "OPENAI_BASE_URL";

/** A provider, and the sources of the provider and its base URL. */
export interface ChosenProvider {
  readonly provider: Provider;
  readonly source: { readonly model_provider: string; readonly base_url: string };
}

type ProviderWorld = Pick<World, "env" | "cwd" | "environment">;

/**
 * Chooses the provider: `--provider`, then `model_provider`, then `openai`; `--base-url` alone selects a
 * provider of which only the address is known. The base URL of `openai` is the first of `--base-url`,
 * `openai_base_url` and `OPENAI_BASE_URL`; without one it depends on the kind of credential.
 *
 * @throws CulvertError `config`
 */
export function chooseProvider(
  flags: SharedFlags,
  config: LoadedConfig,
  world: ProviderWorld,
): ChosenProvider {
  const flagUrl = present(flags.baseUrl);
  if (flagUrl !== undefined) checkBaseUrl(flagUrl, "--base-url");
  const typed = present(flags.provider);
  if (typed === undefined && flagUrl !== undefined) {
    return {
      provider: plainProvider(flagUrl),
      source: { model_provider: "--base-url", base_url: "--base-url" },
    };
  }
  const configured = present(config.values.model_provider);
  const id = typed ?? configured ?? "openai";
  const idSource = typed !== undefined
    ? "--provider"
    : configured !== undefined
    ? config.sourceOf("model_provider") ?? config.place
    : "default";
  const { provider, urlSource } = findProvider(id, config, world);
  if (flagUrl !== undefined) {
    return {
      provider: { ...provider, baseUrl: flagUrl },
      source: { model_provider: idSource, base_url: "--base-url" },
    };
  }
  if (provider.baseUrl !== undefined) checkBaseUrl(provider.baseUrl, urlSource);
  return { provider, source: { model_provider: idSource, base_url: urlSource } };
}

function findProvider(
  id: string,
  config: LoadedConfig,
  world: ProviderWorld,
): { readonly provider: Provider; readonly urlSource: string } {
  const tables = config.values.model_providers ?? {};
  const path = config.place;
  refuseReserved(Object.keys(tables), config);
  const own = id === "openai" ? openaiBaseUrl(config, world) : undefined;
  const builtin = builtinProvider(id, {
    env: world.env,
    ...(own === undefined ? {} : { openaiBaseUrl: own.value }),
  });
  if (builtin !== undefined) {
    const local = ["CODEX_OSS_BASE_URL", "CODEX_OSS_PORT"].find((name) =>
      present(world.env(name)) !== undefined
    );
    const source = id === "ollama" || id === "lmstudio" ? local : own?.source;
    return { provider: builtin, urlSource: source ?? "default" };
  }
  const table = Object.hasOwn(tables, id) ? tables[id] : undefined;
  if (table === undefined) {
    const known = [...RESERVED_PROVIDER_IDS, ...Object.keys(tables)];
    throw new CulvertError("config", `Cannot use provider "${id}": it is neither built in nor in ${path}`, {
      hint: `Known providers: ${known.join(", ")}. Add [model_providers.${id}], or use --base-url.`,
      details: { provider: id },
    });
  }
  return {
    provider: providerFromTable({ id, table, path, env: world.env, cwd: world.cwd() }),
    urlSource: table.base_url === undefined
      ? "default"
      : `provider "${id}" in ${config.sourceOf("model_providers", id, "base_url") ?? path}`,
  };
}

function refuseReserved(ids: readonly string[], config: LoadedConfig): void {
  const reserved = ids.find((id) => RESERVED_PROVIDER_IDS.includes(id));
  if (reserved === undefined) return;
  const path = config.sourceOf("model_providers", reserved) ?? config.place;
  throw new CulvertError(
    "config",
    `Cannot use ${path}: [model_providers.${reserved}] redefines a built-in provider`,
    {
      hint: reserved === "openai"
        ? 'Set openai_base_url = "…" instead, or rename the table.'
        : "Rename the table.",
      details: { path, key: `model_providers.${reserved}` },
    },
  );
}

function openaiBaseUrl(
  config: LoadedConfig,
  world: ProviderWorld,
): { readonly value: string; readonly source: string } | undefined {
  const configured = present(config.values.openai_base_url);
  if (configured !== undefined) {
    const file = config.sourceOf("openai_base_url") ?? config.place;
    return { value: configured, source: `openai_base_url in ${file}` };
  }
  const value = world.env(baseUrlVariable)?.trim() ?? "";
  if (value === "") return undefined;
  checkValue(baseUrlVariable, value, "config");
  return { value, source: variableLabel(world, baseUrlVariable) };
}

/**
 * Checks a base URL.
 *
 * @param source where it comes from, for the message
 * @throws CulvertError `config`
 */
export function checkBaseUrl(value: string, source: string): void {
  const url = URL.parse(value);
  const usable = url !== null && (url.protocol === "http:" || url.protocol === "https:") &&
    url.hostname !== "";
  if (usable && url.username === "" && url.password === "") return;
  const problem = usable
    ? "contains credentials"
    : /^https?:/i.test(value)
    ? "has no valid host and port"
    : "is not an http or https URL";
  throw new CulvertError(
    "config",
    `Cannot use the base URL of ${source}: ${quotedAddress(value)} ${problem}`,
    {
      hint: usable
        ? "Remove user and password from the address, and put the key into a variable or a file."
        : "Write a full address, such as https://api.example.com/v1.",
    },
  );
}
