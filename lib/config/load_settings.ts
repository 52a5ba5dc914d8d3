/**
 * Merges flags, environment, configuration files and defaults into one frozen value.
 *
 * @module
 */
import { readRegularFile } from "../files/read_file.ts";
import { defined } from "../text/json.ts";
import type { Warning } from "../warning.ts";
import type { World } from "../world/world.ts";
import { baseUrlVariable, checkBaseUrl, chooseProvider } from "./choose_provider.ts";
import { chooseClientIdentity } from "./client_identity.ts";
import { findCodexHome } from "./codex_home.ts";
import { loadConfig, type LoadedConfig, present } from "./config_layers.ts";
import type { ConfigFile } from "./config_schema.ts";
import { KNOWN_VARIABLES } from "./environment/variable_value.ts";
import type { LoadedTelemetry } from "./otel/load_telemetry.ts";
import { SWITCHES } from "./otel/telemetry_settings.ts";
import { traceSettings } from "./trace/trace_settings.ts";
import type { AttestationCommand, LoginPolicy, LoginStorage, Settings, SharedFlags } from "./settings.ts";
import { absolutePath } from "../world/absolute_path.ts";

/** The default model, which is that of the codex client (0.171.0). */
export const DEFAULT_MODEL = "gpt-6.1-sol";

/** Default models of the local providers, as in the codex client (0.171.0). */
const LOCAL_MODELS: Readonly<Record<string, string>> = {
  ollama: "gpt-oss:20b",
  lmstudio: "openai/gpt-oss-20b",
};

/** The parts of the world that settings depend on. */
export type SettingsWorld = Pick<World, "env" | "cwd" | "home" | "environment" | "undecodable">;

/**
 * Loads the settings from flags, environment and configuration files. Opens no connection and reads no
 * credential.
 *
 * @param flags flags as typed
 * @param world environment and directories
 * @throws CulvertError `config` or `usage`
 */
export async function loadSettings(flags: SharedFlags, world: SettingsWorld): Promise<Settings> {
  const codexHome = await findCodexHome(world);
  const config = await loadConfig(codexHome, flags);
  const sources: Record<string, string> = {
    codex_home: present(world.env("CODEX_HOME")) === undefined ? "default" : "CODEX_HOME",
  };
  const chosen = new Choices(flags, config, sources);
  const { provider, source } = chooseProvider(flags, config, world);
  Object.assign(sources, source);
  const identity = chooseClientIdentity(flags, config, provider.id, world);
  Object.assign(sources, identity.sources);
  const optional = {
    configPath: config.paths.includes(config.place) ? config.place : undefined,
    ownConfigPath: config.paths.includes(config.ownPlace) ? config.ownPlace : undefined,
    profile: config.profile,
    reasoningEffort: chosen.text("model_reasoning_effort", "reasoningEffort"),
    reasoningSummary: chosen.text("model_reasoning_summary"),
    verbosity: chosen.text("model_verbosity"),
    serviceTier: chosen.text("service_tier"),
    caCert: chosen.flag("ca_cert", "caCert"),
    clientCert: identity.clientCert,
    clientKey: identity.clientKey,
    proxy: chosen.flag("proxy", "proxy"),
    apiKeyFile: chosen.flag("api_key_file", "apiKeyFile"),
    chatgptBaseUrl: chosen.text("chatgpt_base_url"),
    realtimeBaseUrl: chosen.text("experimental_realtime_ws_base_url"),
    loginPolicy: loginPolicy(config.values),
    useAgentIdentity: config.values.features?.use_agent_identity,
    loginStorage: loginStorage(config.values),
    attestation: attestation(config.values, codexHome),
    installationId: provider.name === "OpenAI" ? await installationId(codexHome) : undefined,
  };
  if (optional.chatgptBaseUrl !== undefined) {
    checkBaseUrl(optional.chatgptBaseUrl, `chatgpt_base_url in ${sources["chatgpt_base_url"]}`);
  }
  const telemetry = await telemetryOf(config, world);
  const traceSource = config.sourceOf("rollout_trace", "root") ?? config.place;
  const trace = traceSettings(flags.trace, config.values, traceSource, world);
  if (trace !== undefined) sources["rollout_trace.root"] = trace.source;
  noteSources(sources, config, flags, provider.id);
  const model = chosen.text("model", "model");
  if (model === undefined) sources["model"] = "default";
  return Object.freeze({
    codexHome,
    model: model ?? LOCAL_MODELS[provider.id] ?? DEFAULT_MODEL,
    provider: Object.freeze(provider),
    transport: flags.transport ?? "auto",
    ...(telemetry === undefined ? {} : { telemetry: telemetry.settings }),
    ...(trace === undefined ? {} : { trace: trace.settings }),
    warnings: [
      ...config.warnings,
      ...environmentWarnings(world, provider),
      ...telemetry?.warnings ?? [],
    ],
    notes: notesOf(world, sources),
    sources: Object.freeze(sources),
    ...defined(optional),
  });
}

/** Loads the settings of telemetry. Without any, no module is loaded. */
async function telemetryOf(
  { values }: LoadedConfig,
  world: SettingsWorld,
): Promise<LoadedTelemetry | undefined> {
  if (values.otel === undefined && SWITCHES.every((name) => !world.env(name)?.trim())) return undefined;
  const { loadTelemetry } = await import("./otel/load_telemetry.ts");
  return loadTelemetry(values.otel, world.env);
}

/** Keys whose value is a string. */
type TextKey =
  | "model"
  | "model_reasoning_effort"
  | "model_reasoning_summary"
  | "model_verbosity"
  | "service_tier"
  | "chatgpt_base_url"
  | "experimental_realtime_ws_base_url";

type TextFlag = "model" | "reasoningEffort" | "caCert" | "proxy" | "apiKeyFile";

/** Chooses values and records their sources. */
class Choices {
  readonly #flags: SharedFlags;
  readonly #config: LoadedConfig;
  readonly #sources: Record<string, string>;

  constructor(flags: SharedFlags, config: LoadedConfig, sources: Record<string, string>) {
    this.#flags = flags;
    this.#config = config;
    this.#sources = sources;
  }

  /** Returns a value of the configuration, which a flag overrides. An empty value counts as unset. */
  text(key: TextKey, flag?: TextFlag): string | undefined {
    const typed = flag === undefined ? undefined : this.flag(key, flag);
    if (typed !== undefined) return typed;
    const value = present(this.#config.values[key]);
    if (value !== undefined) this.#sources[key] = this.#config.sourceOf(key) ?? this.#config.place;
    return value;
  }

  /** Returns a value that only a flag can set. */
  flag(key: string, flag: TextFlag): string | undefined {
    const typed = present(this.#flags[flag]);
    if (typed !== undefined) this.#sources[key] = `--${kebab(flag)}`;
    return typed;
  }
}

function kebab(name: string): string {
  return name === "reasoningEffort"
    ? "reasoning"
    : name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Records the sources of keys whose values are not strings. */
function noteSources(
  sources: Record<string, string>,
  config: LoadedConfig,
  flags: SharedFlags,
  providerId: string,
): void {
  if (flags.transport !== undefined) sources["transport"] = "--transport";
  else sources["transport"] = "default";
  if (config.profile !== undefined) {
    sources["profile"] = present(flags.profile) === undefined
      ? config.sourceOf("profile") ?? config.place
      : "--profile";
  }
  const keys = [
    ["cli_auth_credentials_store"],
    ["forced_login_method"],
    ["forced_chatgpt_workspace_id"],
    ["features", "use_agent_identity"],
    ["features", "secret_auth_storage"],
    ["attestation", "command"],
    ...["max_payload_bytes", "max_bytes", "keep_days", "keep_bytes"].map((key) => ["rollout_trace", key]),
    ...Object.keys(config.values.model_providers?.[providerId] ?? {})
      .map((key) => ["model_providers", providerId, key]),
  ];
  for (const key of keys) {
    const source = config.sourceOf(...key);
    if (source !== undefined) sources[key.join(".")] = source;
  }
}

/** Warnings about the environment: values that are ignored or in quotes, lines of `.env` that are skipped. */
function environmentWarnings(
  world: SettingsWorld,
  { envKey }: { readonly envKey?: string },
): readonly Warning[] {
  const { environment, undecodable } = world;
  const names = [...KNOWN_VARIABLES, ...(envKey === undefined ? [] : [envKey])];
  // Both are found when the variable is read.
  const quoted = names.filter((name) => world.env(name) !== undefined && environment?.quoted.has(name));
  const ignored = names.filter((name) => world.env(name) === undefined && undecodable?.has(name));
  return [
    ...environment?.file?.warnings ?? [],
    ...ignored.map((name) => ({
      code: "variable_undecodable",
      message: `The value of ${name} is not valid Unicode, so it is ignored; correct or unset ${name}`,
    })),
    ...quoted.map((name) => ({
      code: "variable_quoted",
      message: `The value of ${name} has quotes around it, which are ignored; remove them`,
    })),
  ];
}

function notesOf(world: SettingsWorld, sources: Readonly<Record<string, string>>): readonly string[] {
  const { file } = world.environment ?? {};
  const notes: string[] = [];
  if (file !== undefined && file.names.length > 0) notes.push(`${file.path} sets ${file.names.join(", ")}`);
  for (const name of file?.overridden ?? []) {
    notes.push(
      `${name} has one value in the environment and another in ${file?.path}; the value of the file is used`,
    );
  }
  if (file !== undefined && file.leftOut.length > 0) {
    notes.push(
      `${file.path}: ${
        file.leftOut.join(", ")
      } ignored, because CODEX_ variables are not read from this file`,
    );
  }
  const baseUrl = sources["base_url"];
  if (baseUrl?.startsWith(baseUrlVariable) === true) notes.push(`the base URL comes from ${baseUrl}`);
  return notes;
}

/**
 * Returns the logins that the configuration allows; an empty list allows every workspace (as in the codex
 * client, 0.171.0).
 */
function loginPolicy(
  { forced_login_method: method, forced_chatgpt_workspace_id: ids = [] }: ConfigFile,
): LoginPolicy | undefined {
  const workspaces = [ids].flat().map((id) => id.trim()).filter((id) => id !== "");
  if (method === undefined && workspaces.length === 0) return undefined;
  return { ...(method === undefined ? {} : { method }), ...(workspaces.length === 0 ? {} : { workspaces }) };
}

/** Largest file of an installation id, bytes. */
const INSTALLATION_ID_LIMIT_BYTES = 1_024;

/**
 * Reads the id that the codex client has created for this installation. It is not created here: it identifies
 * the user's machine, and no answer depends on it.
 */
async function installationId(codexHome: string): Promise<string | undefined> {
  const path = absolutePath("installation_id", codexHome);
  const bytes = await readRegularFile(path, INSTALLATION_ID_LIMIT_BYTES).catch(() => undefined);
  const text = new TextDecoder().decode(bytes);
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text.trim()) ? text.trim() : undefined;
}

function attestation({ attestation }: ConfigFile, cwd: string): AttestationCommand | undefined {
  return attestation && { command: attestation.command, args: attestation.args ?? [], cwd };
}

/** Returns the store of logins; the defaults are those of the codex client (0.171.0). */
function loginStorage(
  { cli_auth_credentials_store: store = "file", features }: ConfigFile,
): LoginStorage | undefined {
  if (store === "file") return undefined;
  return { store, inSecrets: features?.secret_auth_storage ?? Deno.build.os === "windows" };
}
