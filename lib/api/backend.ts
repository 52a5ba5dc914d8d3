/**
 * Addresses of the ChatGPT backend for endpoints other than the model's: usage, tasks, accounts, files.
 *
 * @module
 */
import { isBackendMode, isProviderCredential } from "../auth/auth_headers.ts";
import type { Authorization } from "../auth/authenticator.ts";
import type { Settings } from "../config/settings.ts";
import { CulvertError } from "../errors.ts";

const DEFAULT_BACKEND = "https://chatgpt.com/backend-api";
/** Hosts whose address without a path means the backend, as in the codex client (0.171.0). */
const BARE_HOSTS: readonly string[] = ["https://chatgpt.com", "https://chat.openai.com"];

/**
 * Returns the base URL of the backend: `chatgpt_base_url` if it is set.
 *
 * @throws CulvertError `auth_missing` for a credential that is not a ChatGPT login and therefore must not be
 * sent there
 */
export function backendUrl(settings: Settings, authorization: Authorization): string {
  if (!isBackendLogin(authorization)) throw needsLogin(authorization);
  return backendBase(settings);
}

/** Returns whether a credential is a ChatGPT login, and not a credential of a provider. */
export function isBackendLogin({ mode, source }: Authorization): boolean {
  return isBackendMode(mode) && !isProviderCredential(source);
}

/**
 * Returns the path of an endpoint below the base: `wham/…` on the ChatGPT backend, `api/codex/…` on any other server
 * (as in the codex client, 0.171.0).
 */
export function backendPath(settings: Settings, name: string): string {
  return `${backendBase(settings).includes("/backend-api") ? "wham" : "api/codex"}/${name}`;
}

function backendBase({ chatgptBaseUrl }: Settings): string {
  const base = (chatgptBaseUrl ?? DEFAULT_BACKEND).trim().replace(/\/+$/, "");
  return BARE_HOSTS.includes(base) ? `${base}/backend-api` : base;
}

function needsLogin({ mode, source }: Authorization): CulvertError {
  const credential = mode === "none"
    ? "no credential is configured"
    : `the credential in use, from ${source.name}, is ${
      mode === "apikey" ? "an API key" : "one of the provider"
    }`;
  return new CulvertError("auth_missing", `This endpoint requires a ChatGPT login, but ${credential}`, {
    hint: "Sign in with `culvert auth login`, and unset the variables that hold an API key.",
    details: { mode, source: source.name },
  });
}
