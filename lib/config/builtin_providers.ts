/**
 * The providers that need no configuration.
 *
 * @module
 */
import type { Environment } from "../world/world.ts";
import type { Provider } from "./provider.ts";

/** Defaults of a provider, as in the codex client (0.171.0). */
export const PROVIDER_DEFAULTS = {
  queryParams: {},
  headers: {},
  requestMaxRetries: 4,
  streamMaxRetries: 5,
  streamIdleTimeoutMs: 300_000,
  websocketConnectTimeoutMs: 15_000,
  requiresOpenAiAuth: false,
  supportsWebsockets: false,
} as const satisfies Omit<Provider, "id" | "name">;

/** Largest number of retries that a configuration can set. */
export const RETRY_CAP = 100;

/** Ids that `[model_providers.*]` must not redefine. */
export const RESERVED_PROVIDER_IDS: readonly string[] = ["openai", "demo", "ollama", "lmstudio"];

/**
 * Returns the built-in provider of an id.
 *
 * @param id as the user typed it
 * @param options `openaiBaseUrl` is the base URL of `openai`; the environment gives that of the local
 * providers
 * @returns `undefined` if no built-in provider has the id
 */
export function builtinProvider(
  id: string,
  options: { readonly env: Environment; readonly openaiBaseUrl?: string },
): Provider | undefined {
  switch (id) {
    case "openai":
      return openai(options.env, options.openaiBaseUrl);
    case "demo":
      // The simulated network provides the address, the roots and the key after its start.
      return { ...PROVIDER_DEFAULTS, id, name: "demo", supportsWebsockets: true };
    case "ollama":
      return local(id, 11_434, options.env);
    case "lmstudio":
      return local(id, 1_234, options.env);
    default:
      return undefined;
  }
}

/** Returns the provider for `--base-url` without `--provider`. */
export function plainProvider(baseUrl: string): Provider {
  return { ...PROVIDER_DEFAULTS, id: "custom", name: "custom", baseUrl };
}

function openai(env: Environment, baseUrl: string | undefined): Provider {
  const headers: Record<string, string> = {};
  const organization = env("OPENAI_ORGANIZATION")?.trim();
  const project = env("OPENAI_PROJECT")?.trim();
  if (organization !== undefined && organization !== "") headers["OpenAI-Organization"] = organization;
  if (project !== undefined && project !== "") headers["OpenAI-Project"] = project;
  return {
    ...PROVIDER_DEFAULTS,
    id: "openai",
    name: "OpenAI",
    headers,
    requiresOpenAiAuth: true,
    supportsWebsockets: true,
    ...(baseUrl === undefined ? {} : { baseUrl }),
  };
}

function local(id: string, defaultPort: number, env: Environment): Provider {
  const url = env("CODEX_OSS_BASE_URL");
  const port = env("CODEX_OSS_PORT");
  const baseUrl = url !== undefined && url !== ""
    ? url
    : `http://localhost:${port !== undefined && /^\d{1,5}$/.test(port) ? port : defaultPort}/v1`;
  return { ...PROVIDER_DEFAULTS, id, name: "gpt-oss", baseUrl };
}
