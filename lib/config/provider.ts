/**
 * A model provider: a built-in one, or a table `[model_providers.*]` of `config.toml` with defaults filled in.
 *
 * @module
 */

/** A command that prints a bearer token. */
export interface CommandAuth {
  readonly command: string;
  readonly args: readonly string[];
  /** Time limit, ms, greater than 0. */
  readonly timeoutMs: number;
  /** Time until the command is run again, ms; 0: only after a 401. */
  readonly refreshIntervalMs: number;
  /** Absolute working directory. */
  readonly cwd: string;
}

/** A provider, in the form that the transport uses. */
export interface Provider {
  /** Key in `model_providers`, or a built-in id. */
  readonly id: string;
  /** Display name. The exact name `OpenAI` changes the behavior, as in the codex client. */
  readonly name: string;
  /** Absent: it depends on the kind of credential (the ChatGPT backend or the platform API). */
  readonly baseUrl?: string;
  /** Name of the variable that contains the key. */
  readonly envKey?: string;
  readonly envKeyInstructions?: string;
  /** From `experimental_bearer_token`. Secret. */
  readonly bearerToken?: string;
  readonly commandAuth?: CommandAuth;
  readonly queryParams: Readonly<Record<string, string>>;
  /** Static headers and those read from the environment, merged. May be secret. */
  readonly headers: Readonly<Record<string, string>>;
  /** Variables of `env_http_headers` that are unset or blank: the request lacks their headers. */
  readonly unsetHeaderVariables?: readonly string[];
  readonly requestMaxRetries: number;
  readonly streamMaxRetries: number;
  /** Longest delay that the server may request before a retry, ms. Absent: 60,000. */
  readonly maxRetryAfterMs?: number;
  readonly streamIdleTimeoutMs: number;
  readonly websocketConnectTimeoutMs: number;
  readonly requiresOpenAiAuth: boolean;
  readonly supportsWebsockets: boolean;
}

/**
 * Returns a provider with further headers; they replace those of the same name, regardless of letter case.
 */
export function addHeaders(provider: Provider, added: Readonly<Record<string, string>>): Provider {
  const names = new Set(Object.keys(added).map((name) => name.toLowerCase()));
  const kept = Object.entries(provider.headers).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...provider, headers: { ...Object.fromEntries(kept), ...added } };
}
