/**
 * Makes a {@link Provider} from a table `[model_providers.*]`.
 *
 * @module
 */
import { absolutePath } from "../world/absolute_path.ts";
import { CulvertError } from "../errors.ts";
import type { Environment } from "../world/world.ts";
import { checkValue } from "./environment/variable_value.ts";
import { PROVIDER_DEFAULTS, RETRY_CAP } from "./builtin_providers.ts";
import type { ProviderTable } from "./config_schema.ts";
import type { CommandAuth, Provider } from "./provider.ts";

/** A provider table and its source. */
interface ProviderSource {
  readonly id: string;
  readonly table: ProviderTable;
  /** The file, for messages. */
  readonly path: string;
  readonly env: Environment;
  readonly cwd: string;
}

/**
 * Fills in defaults, reads the variables of headers and refuses contradictions.
 *
 * @throws CulvertError `config`
 */
export function providerFromTable(source: ProviderSource): Provider {
  const { id, table } = source;
  checkWireApi(source);
  checkContradictions(source);
  return {
    id,
    name: table.name ?? "",
    queryParams: table.query_params ?? PROVIDER_DEFAULTS.queryParams,
    headers: headersOf(source),
    unsetHeaderVariables: Object.values(table.env_http_headers ?? {}).filter((name) =>
      isBlank(source.env(name))
    ),
    requestMaxRetries: Math.min(table.request_max_retries ?? PROVIDER_DEFAULTS.requestMaxRetries, RETRY_CAP),
    streamMaxRetries: Math.min(table.stream_max_retries ?? PROVIDER_DEFAULTS.streamMaxRetries, RETRY_CAP),
    streamIdleTimeoutMs: table.stream_idle_timeout_ms ?? PROVIDER_DEFAULTS.streamIdleTimeoutMs,
    websocketConnectTimeoutMs: table.websocket_connect_timeout_ms ??
      PROVIDER_DEFAULTS.websocketConnectTimeoutMs,
    requiresOpenAiAuth: table.requires_openai_auth ?? PROVIDER_DEFAULTS.requiresOpenAiAuth,
    supportsWebsockets: table.supports_websockets ?? PROVIDER_DEFAULTS.supportsWebsockets,
    ...(table.max_retry_after_ms === undefined ? {} : { maxRetryAfterMs: table.max_retry_after_ms }),
    ...(table.base_url === undefined ? {} : { baseUrl: table.base_url }),
    ...(table.env_key === undefined ? {} : { envKey: table.env_key }),
    ...(table.env_key_instructions === undefined ? {} : { envKeyInstructions: table.env_key_instructions }),
    ...(table.experimental_bearer_token === undefined
      ? {}
      : { bearerToken: table.experimental_bearer_token }),
    ...(table.auth === undefined ? {} : { commandAuth: commandAuthOf(table.auth, source.cwd) }),
  };
}

function checkWireApi({ id, table, path }: ProviderSource): void {
  if (table.wire_api === undefined || table.wire_api === "responses") return;
  const known = table.wire_api === "chat";
  throw new CulvertError("config", `Cannot use provider "${id}" of ${path}: wire_api = "${table.wire_api}"`, {
    hint: known
      ? 'The chat completions API is not supported. Set wire_api = "responses" and use a server that offers it.'
      : 'The only wire API is "responses".',
    details: { path, key: `model_providers.${id}.wire_api` },
  });
}

function checkContradictions({ id, table, path }: ProviderSource): void {
  const refuse = (message: string, hint: string): never => {
    throw new CulvertError("config", `Cannot use provider "${id}" of ${path}: ${message}`, {
      hint,
      details: { path, key: `model_providers.${id}` },
    });
  };
  const set = (keys: readonly (readonly [string, unknown])[]) =>
    keys.filter(([, value]) => value !== undefined && value !== false).map(([key]) => key);
  const others = set([
    ["env_key", table.env_key],
    ["experimental_bearer_token", table.experimental_bearer_token],
    ["auth", table.auth],
    ["requires_openai_auth", table.requires_openai_auth],
  ]);
  if (table.aws !== undefined) {
    if (table.supports_websockets === true) {
      refuse("aws and supports_websockets cannot be used together", "Remove one of them.");
    }
    if (others.length > 0) {
      refuse(`aws cannot be used together with ${others.join(", ")}`, "Remove aws or the other keys.");
    }
    refuse(
      "aws requires signed requests, which culvert does not support",
      "Use a gateway that accepts a bearer token.",
    );
  }
  const beside = others.filter((key) => key !== "auth");
  if (table.auth !== undefined && beside.length > 0) {
    refuse(`auth cannot be used together with ${beside.join(", ")}`, "Remove aws or the other keys.");
  }
}

function headersOf({ table, env }: ProviderSource): Record<string, string> {
  const headers: Record<string, string> = {};
  const put = (name: string, value: string) => {
    // A name or value that is not valid in a header is ignored, as in the codex client.
    if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      headers[name] = value;
    }
  };
  for (const [name, value] of Object.entries(table.http_headers ?? {})) put(name, value);
  for (const [name, variable] of Object.entries(table.env_http_headers ?? {})) {
    const value = env(variable);
    if (value === undefined || isBlank(value)) continue;
    checkValue(variable, value, "config", { blanks: false });
    put(name, value);
  }
  return headers;
}

function isBlank(value: string | undefined): boolean {
  return (value ?? "").trim() === "";
}

function commandAuthOf(auth: NonNullable<ProviderTable["auth"]>, cwd: string): CommandAuth {
  return {
    command: auth.command,
    args: auth.args ?? [],
    timeoutMs: auth.timeout_ms ?? 5_000,
    refreshIntervalMs: auth.refresh_interval_ms ?? 300_000,
    cwd: auth.cwd === undefined ? cwd : absolutePath(auth.cwd, cwd),
  };
}
