/**
 * flags > environment > `config.toml` > defaults, once, into one frozen value.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";
import type { World } from "../world/world.ts";
import { builtinProvider, plainProvider, RESERVED_PROVIDER_IDS } from "./builtin_providers.ts";
import { findCodexHome } from "./codex_home.ts";
import { type LoadedConfig, readConfigFile } from "./config_file.ts";
import type { ConfigFile, ProfileTable } from "./config_schema.ts";
import type { Provider } from "./provider.ts";
import { providerFromTable } from "./provider_table.ts";
import type { LoginPolicy, LoginStorage, Settings, SharedFlags } from "./settings.ts";

/** The model asked for when nobody names one: the codex client's own first choice (0.169.0). */
export const DEFAULT_MODEL = "gpt-6.1-sol";

/**
 * Settles everything that flags, environment and configuration file decide. Opens no connection and reads no
 * credential.
 *
 * @param flags what was typed
 * @param world environment and directories
 * @throws CulvertError `config` or `usage`
 */
export async function loadSettings(
  flags: SharedFlags,
  world: Pick<World, "env" | "cwd" | "home">,
): Promise<Settings> {
  const codexHome = await findCodexHome(world);
  const config = await readConfigFile(codexHome, flags.strictConfig ?? false);
  const chosen = choose(config, flags.profile);
  const provider = chooseProvider(flags, chosen, config, world);
  const optional = {
    configPath: config.path,
    reasoningEffort: flags.reasoningEffort ?? chosen.model_reasoning_effort,
    reasoningSummary: chosen.model_reasoning_summary,
    verbosity: chosen.model_verbosity,
    serviceTier: chosen.service_tier,
    caCert: present(flags.caCert),
    proxy: present(flags.proxy),
    apiKeyFile: present(flags.apiKeyFile),
    chatgptBaseUrl: present(chosen.chatgpt_base_url),
    loginPolicy: loginPolicy(config.values),
    useAgentIdentity: config.values.features?.use_agent_identity,
    loginStorage: loginStorage(config.values),
  };
  return Object.freeze({
    codexHome,
    model: present(flags.model) ?? present(chosen.model) ?? DEFAULT_MODEL,
    provider: Object.freeze(provider),
    transport: flags.transport ?? "auto",
    warnings: config.warnings,
    ...withoutUndefined(optional),
  });
}

/** An empty value is no value, at every layer. */
function present(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  const kept: Defined<T> = {};
  return Object.assign(
    kept,
    Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)),
  );
}

/** What the file demands of a login; a list without an entry demands nothing (as the codex client, 0.169.0). */
function loginPolicy(
  { forced_login_method: method, forced_chatgpt_workspace_id: ids = [] }: ConfigFile,
): LoginPolicy | undefined {
  const workspaces = [ids].flat().map((id) => id.trim()).filter((id) => id !== "");
  if (method === undefined && workspaces.length === 0) return undefined;
  return { ...(method === undefined ? {} : { method }), ...(workspaces.length === 0 ? {} : { workspaces }) };
}

/** Where logins are kept; defaults are the codex client's (0.169.0). */
function loginStorage(
  { cli_auth_credentials_store: store = "file", features }: ConfigFile,
): LoginStorage | undefined {
  if (store === "file") return undefined;
  return { store, inSecrets: features?.secret_auth_storage ?? Deno.build.os === "windows" };
}

/** The profile's values over those of the top level. */
function choose(config: LoadedConfig, flag: string | undefined): ProfileTable {
  const { profiles, profile, model_providers: _, ...top } = config.values;
  const name = present(flag) ?? present(profile);
  if (name === undefined) return top;
  const table = profiles?.[name];
  if (table === undefined) {
    const known = Object.keys(profiles ?? {});
    throw new CulvertError(
      "config",
      `Cannot use profile "${name}": ${config.place} has none of that name`,
      {
        hint: known.length > 0 ? `Profiles there: ${known.join(", ")}.` : `Add a table [profiles.${name}].`,
        details: { profile: name },
      },
    );
  }
  return { ...top, ...table };
}

function chooseProvider(
  flags: SharedFlags,
  chosen: ProfileTable,
  config: LoadedConfig,
  world: Pick<World, "env" | "cwd">,
): Provider {
  const baseUrl = present(flags.baseUrl);
  if (baseUrl !== undefined) checkBaseUrl(baseUrl, "--base-url");
  const typed = present(flags.provider);
  if (typed === undefined && baseUrl !== undefined) return plainProvider(baseUrl);
  const id = typed ?? present(chosen.model_provider) ?? "openai";
  const provider = findProvider(id, chosen, config, world);
  if (provider.baseUrl !== undefined && baseUrl === undefined) {
    checkBaseUrl(provider.baseUrl, `provider "${id}"`);
  }
  return baseUrl === undefined ? provider : { ...provider, baseUrl };
}

function findProvider(
  id: string,
  chosen: ProfileTable,
  config: LoadedConfig,
  world: Pick<World, "env" | "cwd">,
): Provider {
  const tables = config.values.model_providers ?? {};
  const path = config.place;
  const reserved = Object.keys(tables).find((key) => RESERVED_PROVIDER_IDS.includes(key));
  if (reserved !== undefined) {
    throw new CulvertError(
      "config",
      `Cannot use ${path}: [model_providers.${reserved}] redefines a built-in provider`,
      {
        hint: reserved === "openai"
          ? 'Set openai_base_url = "…" instead, or give the table another name.'
          : "Give the table another name.",
        details: { path, key: `model_providers.${reserved}` },
      },
    );
  }
  const openaiBaseUrl = present(chosen.openai_base_url);
  const builtin = builtinProvider(id, {
    env: world.env,
    ...(openaiBaseUrl === undefined ? {} : { openaiBaseUrl }),
  });
  if (builtin !== undefined) return builtin;
  const table = tables[id];
  if (table === undefined) {
    const known = [...RESERVED_PROVIDER_IDS, ...Object.keys(tables)];
    throw new CulvertError("config", `Cannot use provider "${id}": it is neither built in nor in ${path}`, {
      hint: `Known providers: ${known.join(", ")}. Add [model_providers.${id}], or use --base-url.`,
      details: { provider: id },
    });
  }
  return providerFromTable({ id, table, path, env: world.env, cwd: world.cwd() });
}

function checkBaseUrl(value: string, source: string): void {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const usable = url !== undefined && (url.protocol === "http:" || url.protocol === "https:") &&
    url.hostname !== "";
  if (usable && url.username === "" && url.password === "") return;
  const shown = JSON.stringify(value.replace(/\/\/[^/@]*@/, "//***@").replace(/[?#].*$/s, "?***"));
  throw new CulvertError(
    "config",
    usable
      ? `Cannot use the base URL of ${source}: ${shown} carries credentials`
      : `Cannot use the base URL of ${source}: ${shown} is no http(s) address`,
    {
      hint: usable
        ? "Leave user and password out of the address; give the key in a variable or a file."
        : "Write it whole, such as https://api.example.com/v1.",
    },
  );
}
