/**
 * Request headers and default servers for each kind of credential.
 *
 * @module
 */
import { type AuthRecord, idClaims } from "./auth_record.ts";
import type { Provider } from "../config/provider.ts";
import type { AuthMode, Authorization, CredentialSource } from "./authenticator.ts";

/** The account that a token belongs to. */
export interface AccountFacts {
  readonly accountId?: string;
  readonly isFedramp: boolean;
}

/** Returns `Authorization: Bearer …` and the headers of the account. */
export function bearerHeaders(token: string, account?: AccountFacts): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}`, ...accountHeaders(account) };
}

/** Returns the headers that name the account. */
export function accountHeaders(account: AccountFacts | undefined): Readonly<Record<string, string>> {
  return {
    ...(account?.accountId === undefined ? {} : { "chatgpt-account-id": account.accountId }),
    ...(account?.isFedramp === true ? { "x-openai-fedramp": "true" } : {}),
  };
}

/** Returns the account of a ChatGPT login: the stored id, never the claim (as codex 0.171.0). */
export function accountFacts(record: AuthRecord): AccountFacts {
  const accountId = record.tokens?.accountId;
  return {
    ...(accountId === undefined || accountId === "" ? {} : { accountId }),
    isFedramp: idClaims(record)?.isFedramp === true,
  };
}

/** Tells whether a credential is for the ChatGPT backend; otherwise it is for the platform API. */
export function isBackendMode(mode: AuthMode): boolean {
  return mode !== "apikey" && mode !== "none";
}

/** Returns the mode as the evidence tags name it; `undefined` without a credential. */
export function foldedMode(mode: AuthMode): "ApiKey" | "Chatgpt" | undefined {
  if (mode === "none") return undefined;
  return mode === "apikey" ? "ApiKey" : "Chatgpt";
}

/** Returns the base URL of a provider that configures none. */
export function defaultBaseUrl(mode: AuthMode): string {
  return isBackendMode(mode) ? "https://chatgpt.com/backend-api/codex" : "https://api.openai.com/v1";
}

/** Returns the kind of server that a URL addresses; each kind refuses the credentials of the other. */
export function baseUrlClass(url: URL): "chatgpt" | "platform" | "custom" {
  if (/(^|\.)(chatgpt\.com|chatgpt-staging\.com)$/.test(url.hostname) || url.hostname === "chat.openai.com") {
    return "chatgpt";
  }
  return url.hostname === "api.openai.com" ? "platform" : "custom";
}

/** Tells whether a credential for one kind of server goes to the other kind, which refuses it. */
export function isMisrouted(url: URL, mode: AuthMode): boolean {
  const target = baseUrlClass(url);
  return target !== "custom" && mode !== "none" && (target === "chatgpt") !== isBackendMode(mode);
}

/**
 * Tells whether a request goes to OpenAI with a ChatGPT login, and not with a credential of the provider's own. Only
 * there are the routing hint, compressed bodies and attestations understood (codex 0.171.0).
 */
export function isCodexBackend(
  provider: Pick<Provider, "name" | "requiresOpenAiAuth">,
  { mode, source }: Pick<Authorization, "mode" | "source">,
): boolean {
  return provider.name === "OpenAI" && provider.requiresOpenAiAuth && isBackendMode(mode) &&
    !isProviderCredential(source);
}

/** Reports whether a credential is configured for one provider: `env_key`, `experimental_bearer_token` or `auth`. */
export function isProviderCredential({ kind }: CredentialSource): boolean {
  return kind === "provider_env" || kind === "provider_token" || kind === "command";
}
