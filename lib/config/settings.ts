/**
 * The settings that result from flags, environment and configuration files.
 *
 * @module
 */
import type { Warning } from "../warning.ts";
import type { TelemetrySettings } from "./otel/telemetry_settings.ts";
import type { Provider } from "./provider.ts";
import type { TraceSettings } from "./trace/trace_settings.ts";

/** Which transport a turn uses. */
export type TransportChoice = "auto" | "sse" | "ws";

/** The flags that all network commands share. A property is absent if its flag is not given. */
export interface SharedFlags {
  /** A file or a folder. */
  readonly caCert?: string;
  /** A PEM file with the client's certificate. */
  readonly clientCert?: string;
  /** A PEM file with the key of the client's certificate. */
  readonly clientKey?: string;
  /** A proxy URL, or `none`. */
  readonly proxy?: string;
  readonly profile?: string;
  readonly strictConfig?: boolean;
  /** Assignments `KEY=VALUE` of `-C`, which take precedence over every configuration file. */
  readonly overrides?: readonly string[];
  readonly model?: string;
  readonly provider?: string;
  readonly baseUrl?: string;
  readonly transport?: TransportChoice;
  readonly reasoningEffort?: string;
  readonly apiKeyFile?: string;
  /** A folder for inference traces. */
  readonly trace?: string;
}

/**
 * The logins at OpenAI that the configuration allows. It does not apply to providers with their own
 * credentials.
 */
export interface LoginPolicy {
  /**
   * From `forced_login_method`: `chatgpt` allows all credentials except API keys, `api` allows only API keys.
   */
  readonly method?: "chatgpt" | "api";
  /** From `forced_chatgpt_workspace_id`: account ids, at least one. It does not apply to API keys. */
  readonly workspaces?: readonly string[];
}

/** The store of logins, if it is not `auth.json`. */
export interface LoginStorage {
  /** From `cli_auth_credentials_store`. */
  readonly store: "keyring" | "auto" | "ephemeral";
  /**
   * From `[features] secret_auth_storage`: logins are stored in an encrypted file whose passphrase is in the
   * keyring, instead of in the keyring itself.
   */
  readonly inSecrets: boolean;
}

/** A command that prints a value for the header `x-oai-attestation`, from `[attestation]`. */
export interface AttestationCommand {
  /** Program, absolute, relative to `cwd`, or looked up in `PATH`. */
  readonly command: string;
  readonly args: readonly string[];
  /** Absolute: the folder of the configuration file. */
  readonly cwd: string;
}

/** Settings in force. Frozen. */
export interface Settings {
  /** Absolute path of `CODEX_HOME`. */
  readonly codexHome: string;
  /** Absolute path of the `config.toml` that was read, if there is one. */
  readonly configPath?: string;
  /** Absolute path of the `culvert.toml` that was read, if there is one. */
  readonly ownConfigPath?: string;
  /** The profile in force, if there is one. */
  readonly profile?: string;
  readonly model: string;
  readonly provider: Provider;
  readonly transport: TransportChoice;
  readonly reasoningEffort?: string;
  readonly reasoningSummary?: string;
  readonly verbosity?: string;
  readonly serviceTier?: string;
  /** From `--ca-cert`: a path as typed. `lib/trust` selects the bundle. */
  readonly caCert?: string;
  /** Absolute path of a PEM file with the client's certificate. Present only together with {@link Settings.clientKey}. */
  readonly clientCert?: string;
  /** Absolute path of a PEM file with the key of the client's certificate. */
  readonly clientKey?: string;
  /** From `--proxy`: a URL, or `none`. */
  readonly proxy?: string;
  readonly apiKeyFile?: string;
  /** Base of the ChatGPT backend, from `chatgpt_base_url`. */
  readonly chatgptBaseUrl?: string;
  /** Base URL of realtime websockets, from `experimental_realtime_ws_base_url`. Default: that of the provider. */
  readonly realtimeBaseUrl?: string;
  /** Absent if every login is allowed. */
  readonly loginPolicy?: LoginPolicy;
  /**
   * From `features.use_agent_identity`: an agent that is registered for a ChatGPT login signs its requests.
   * Default false.
   */
  readonly useAgentIdentity?: boolean;
  /** The UUID in the file `installation_id` of `CODEX_HOME`, for OpenAI; absent if there is none. */
  readonly installationId?: string;
  /** Absent if requests carry no attestation. */
  readonly attestation?: AttestationCommand;
  /** Absent if the store is `auth.json`. */
  readonly loginStorage?: LoginStorage;
  /**
   * From `--trace`, `CODEX_ROLLOUT_TRACE_ROOT` and `[rollout_trace]`; absent if no inference trace is
   * written.
   */
  readonly trace?: TraceSettings;
  /** From `[otel]` and the variables of OpenTelemetry; absent if there are none of either. */
  readonly telemetry?: TelemetrySettings;
  readonly warnings: readonly Warning[];
  /** Facts for `-v`: the variables that `$CODEX_HOME/.env` sets, and the variable that sets the base URL. */
  readonly notes: readonly string[];
  /**
   * The source of each setting, by the name of its key in `config.toml`: a flag, a variable, a file, or
   * `default`.
   */
  readonly sources: Readonly<Record<string, string>>;
}
