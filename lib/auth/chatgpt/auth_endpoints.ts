/**
 * Addresses of the authority, and the client id that this program uses there.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { defined } from "../../text/json.ts";
import type { Environment } from "../../world/world.ts";

/** The OAuth client id of the codex client. Tokens are bound to it, and both programs share them. */
const CODEX_CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann";
const CHATGPT_BASE = "https://chatgpt.com/backend-api";
/** The authority for logins. */
export const DEFAULT_ISSUER = "https://auth.openai.com";

/** Addresses and client id for requests to the authority. */
export interface AuthEndpoints {
  readonly tokenUrl: URL;
  readonly revokeUrl: URL;
  readonly clientId: string;
  /** Base of `/v1/user-auth-credential/whoami`, without a final slash. */
  readonly accountsBase: string;
  /** Base of `/v1/agent/…`, without a final slash. */
  readonly agentBase: string;
  /** Base of the key set of agent identities. Default: {@link chatgptBase}. */
  readonly agentKeysBase?: string;
  /** Base of the ChatGPT backend, without a final slash. */
  readonly chatgptBase: string;
}

/**
 * Reads the variables of the codex client (0.171.0). An empty one counts as unset, unlike in that client: an empty
 * address could only fail.
 *
 * @param chatgptBaseUrl from `chatgpt_base_url`
 * @throws CulvertError `config` for an address that is no http or https URL
 */
export function authEndpoints(env: Environment, chatgptBaseUrl = CHATGPT_BASE): AuthEndpoints {
  const tokenUrl = address(env, "CODEX_REFRESH_TOKEN_URL_OVERRIDE");
  const revokeUrl = address(env, "CODEX_REVOKE_TOKEN_URL_OVERRIDE");
  const agentKeysBase = base(env, "CODEX_AGENT_IDENTITY_JWKS_BASE_URL");
  return {
    tokenUrl: tokenUrl ?? new URL("/oauth/token", DEFAULT_ISSUER),
    // A redirected token endpoint has its revoke endpoint at the same host.
    revokeUrl: revokeUrl ?? new URL("/oauth/revoke", tokenUrl ?? DEFAULT_ISSUER),
    clientId: value(env, "CODEX_APP_SERVER_LOGIN_CLIENT_ID") ?? CODEX_CLIENT_ID,
    accountsBase: base(env, "CODEX_AUTHAPI_BASE_URL") ?? `${DEFAULT_ISSUER}/api/accounts`,
    agentBase: base(env, "CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL") ?? `${DEFAULT_ISSUER}/api/accounts`,
    chatgptBase: chatgptBaseUrl.replace(/\/+$/, ""),
    ...defined({ agentKeysBase }),
  };
}

function value(env: Environment, name: string): string | undefined {
  const trimmed = env(name)?.trim();
  return trimmed === "" ? undefined : trimmed;
}

function base(env: Environment, name: string): string | undefined {
  return address(env, name)?.href.replace(/\/+$/, "");
}

function address(env: Environment, name: string): URL | undefined {
  const text = value(env, name);
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw new CulvertError("config", `Cannot use the address in ${name}: it is not an http or https URL`, {
    hint: `Correct or unset ${name}.`,
    details: { variable: name },
  });
}
