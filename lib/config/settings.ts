/**
 * The one frozen value that flags, environment and `config.toml` come to.
 *
 * @module
 */
import type { Warning } from "../warning.ts";
import type { Provider } from "./provider.ts";

/** Which wire a turn takes. */
export type TransportChoice = "auto" | "sse" | "ws";

/** What the flags that every network command shares may say. Absent: not given. */
export interface SharedFlags {
  readonly caCert?: string;
  /** A proxy URL, or `none`. */
  readonly proxy?: string;
  readonly profile?: string;
  readonly strictConfig?: boolean;
  readonly model?: string;
  readonly provider?: string;
  readonly baseUrl?: string;
  readonly transport?: TransportChoice;
  readonly reasoningEffort?: string;
  readonly apiKeyFile?: string;
}

/** Which logins at OpenAI the configuration allows. Providers with credentials of their own are not concerned. */
export interface LoginPolicy {
  /** From `forced_login_method`: `chatgpt` allows everything but API keys, `api` nothing else. */
  readonly method?: "chatgpt" | "api";
  /** From `forced_chatgpt_workspace_id`: account ids, at least one. API keys are not concerned. */
  readonly workspaces?: readonly string[];
}

/** Where logins are kept instead of in `auth.json`. */
export interface LoginStorage {
  /** From `cli_auth_credentials_store`. */
  readonly store: "keyring" | "auto" | "ephemeral";
  /**
   * From `[features] secret_auth_storage`: an encrypted file, of which the keyring has the passphrase, in place of
   * an entry of the keyring.
   */
  readonly inSecrets: boolean;
}

/** Settings in force. Frozen. */
export interface Settings {
  /** Absolute path of `CODEX_HOME`. */
  readonly codexHome: string;
  /** Absolute path of the `config.toml` that was read, if there is one. */
  readonly configPath?: string;
  readonly model: string;
  readonly provider: Provider;
  readonly transport: TransportChoice;
  readonly reasoningEffort?: string;
  readonly reasoningSummary?: string;
  readonly verbosity?: string;
  readonly serviceTier?: string;
  /** From `--ca-cert`: a path as typed. Which bundle wins is decided in `trust`. */
  readonly caCert?: string;
  /** From `--proxy`: a URL, or `none`. */
  readonly proxy?: string;
  readonly apiKeyFile?: string;
  /** Base of the ChatGPT backend, from `chatgpt_base_url`. */
  readonly chatgptBaseUrl?: string;
  /** Absent where every login is allowed. */
  readonly loginPolicy?: LoginPolicy;
  /** From `features.use_agent_identity`: an agent, registered for it, signs for a ChatGPT login. Default false. */
  readonly useAgentIdentity?: boolean;
  /** Absent for `auth.json`. */
  readonly loginStorage?: LoginStorage;
  readonly warnings: readonly Warning[];
}
