/**
 * A model provider, as `config.toml` describes it (the codex client's `[model_providers.*]`) after merging with
 * the built-in ones and filling the defaults.
 *
 * @module
 */

/** A command that prints a bearer token. */
export interface CommandAuth {
  readonly command: string;
  readonly args: readonly string[];
  /** ms, above 0. */
  readonly timeoutMs: number;
  /** ms; 0 means only after a 401. */
  readonly refreshIntervalMs: number;
  /** Absolute. */
  readonly cwd: string;
}

/** Everything the transport needs to know of a provider. */
export interface Provider {
  /** Key in `model_providers`, or a built-in id. */
  readonly id: string;
  /** Display name; `OpenAI`, exactly, switches behaviour. */
  readonly name: string;
  /** Absent: by kind of credential (the ChatGPT backend or the platform API). */
  readonly baseUrl?: string;
  /** Name of the variable that holds the key. */
  readonly envKey?: string;
  readonly envKeyInstructions?: string;
  /** Secret. */
  readonly bearerToken?: string;
  readonly commandAuth?: CommandAuth;
  readonly queryParams: Readonly<Record<string, string>>;
  /** Static headers and those read from the environment, merged. May be secret. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestMaxRetries: number;
  readonly streamMaxRetries: number;
  readonly streamIdleTimeoutMs: number;
  readonly websocketConnectTimeoutMs: number;
  readonly requiresOpenAiAuth: boolean;
  readonly supportsWebsockets: boolean;
}
