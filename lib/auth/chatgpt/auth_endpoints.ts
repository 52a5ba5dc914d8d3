/**
 * Where the authority is, and as which client the program speaks to it.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Environment } from "../../world/world.ts";

/** The OAuth client of the codex CLI: tokens are bound to it, so both programs must use the same one. */
export const CODEX_CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann";
/** Where a login begins unless told otherwise. */
export const DEFAULT_ISSUER = "https://auth.openai.com";

/** Addresses and identity for everything that is asked of the authority. */
export interface AuthEndpoints {
  readonly tokenUrl: URL;
  readonly revokeUrl: URL;
  readonly clientId: string;
  /** Base of `/v1/user-auth-credential/whoami` and `/v1/agent/…`, without a final slash. */
  readonly accountsBase: string;
  /** The same for agent identities, which have a variable of their own. */
  readonly agentBase: string;
  /** Base of the key set of agent identities; absent: by the ChatGPT base URL. */
  readonly agentKeysBase?: string;
}

/**
 * Reads the variables of the codex client (0.169.0). One that is set but empty counts as unset, unlike there:
 * an empty refresh address could only fail.
 *
 * @throws CulvertError `config` for an address that is no http(s) URL
 */
export function authEndpoints(env: Environment): AuthEndpoints {
  const tokenOverride = address(env, "CODEX_REFRESH_TOKEN_URL_OVERRIDE");
  const revokeOverride = address(env, "CODEX_REVOKE_TOKEN_URL_OVERRIDE");
  const accountsBase = base(env, "CODEX_AUTHAPI_BASE_URL") ?? `${DEFAULT_ISSUER}/api/accounts`;
  const agentKeysBase = base(env, "CODEX_AGENT_IDENTITY_JWKS_BASE_URL");
  return {
    tokenUrl: tokenOverride ?? new URL("/oauth/token", DEFAULT_ISSUER),
    revokeUrl: revokeOverride ?? revokeBeside(tokenOverride) ?? new URL("/oauth/revoke", DEFAULT_ISSUER),
    clientId: value(env, "CODEX_APP_SERVER_LOGIN_CLIENT_ID") ?? CODEX_CLIENT_ID,
    accountsBase,
    agentBase: base(env, "CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL") ?? `${DEFAULT_ISSUER}/api/accounts`,
    ...(agentKeysBase === undefined ? {} : { agentKeysBase }),
  };
}

/** The revoke endpoint next to a redirected token endpoint: same place, `/oauth/revoke`, no query. */
function revokeBeside(tokenUrl: URL | undefined): URL | undefined {
  if (tokenUrl === undefined) return undefined;
  const url = new URL(tokenUrl);
  url.pathname = "/oauth/revoke";
  url.search = "";
  return url;
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
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    throw new CulvertError("config", `Cannot use the address in ${name}: it is no http or https URL`, {
      hint: `Correct or unset ${name}.`,
      details: { variable: name },
    });
  }
  return url;
}
