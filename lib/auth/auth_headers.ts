/**
 * Headers for each kind of credential.
 *
 * @module
 */
import type { AuthMode } from "./authenticator.ts";
import { type AuthRecord, idClaims } from "./auth_record.ts";

/** The account that goes with a token, where there is one. */
export interface AccountFacts {
  readonly accountId?: string;
  readonly isFedramp: boolean;
}

/** `Authorization: Bearer …`, and which account it is for. */
export function bearerHeaders(token: string, account?: AccountFacts): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}`, ...accountHeaders(account) };
}

/** The account's part of the headers alone. */
export function accountHeaders(account: AccountFacts | undefined): Readonly<Record<string, string>> {
  return {
    ...(account?.accountId === undefined ? {} : { "chatgpt-account-id": account.accountId }),
    ...(account?.isFedramp === true ? { "x-openai-fedramp": "true" } : {}),
  };
}

/** The account of a ChatGPT login: the stored id alone, never the claim (as the codex client, 0.169.0). */
export function accountFacts(record: AuthRecord): AccountFacts {
  const accountId = record.tokens?.accountId;
  return {
    ...(accountId === undefined || accountId === "" ? {} : { accountId }),
    isFedramp: idClaims(record)?.isFedramp === true,
  };
}

/** Whether a credential belongs to the ChatGPT backend rather than to the platform API. */
export function isBackendMode(mode: AuthMode): boolean {
  return mode !== "apikey" && mode !== "none";
}

/** A mode as the evidence tells it; nothing for no credential. */
export function foldedMode(mode: AuthMode): "ApiKey" | "Chatgpt" | undefined {
  if (mode === "none") return undefined;
  return mode === "apikey" ? "ApiKey" : "Chatgpt";
}

/** The base URL of a provider that names none. */
export function defaultBaseUrl(mode: AuthMode): string {
  return isBackendMode(mode) ? "https://chatgpt.com/backend-api/codex" : "https://api.openai.com/v1";
}

/** Which kind of server a URL leads to: a credential of the one is refused by the other. */
export function baseUrlClass(url: URL): "chatgpt" | "platform" | "custom" {
  if (/(^|\.)(chatgpt\.com|chatgpt-staging\.com)$/.test(url.hostname) || url.hostname === "chat.openai.com") {
    return "chatgpt";
  }
  return url.hostname === "api.openai.com" ? "platform" : "custom";
}
