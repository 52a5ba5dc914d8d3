/**
 * Sign in with a token that somebody issued: a personal access token (`at-…`), or an agent identity as JWT.
 *
 * @module
 */
import { agentClaims, agentHome, verifyAgentToken } from "../agent/agent_token.ts";
import type { AuthEndpoints } from "../chatgpt/auth_endpoints.ts";
import type { AuthMode } from "../authenticator.ts";
import { PERSONAL_TOKEN_PREFIX } from "../credential.ts";
import { readPayload } from "../jwt_claims.ts";
import { loginFailure, type LoginParts, type SignedIn } from "./login_parts.ts";
import { accountObjection } from "../policy/login_policy.ts";
import { askOwner } from "../api_key/personal_access_token.ts";
import {
  checkStore,
  saveAgentIdentity,
  type SaveParts,
  savePersonalAccessToken,
  workspaceFailure,
} from "./save_login.ts";

/** What a login with a token works with. */
export interface AccessTokenParts extends SaveParts, Pick<LoginParts, "workspaces"> {
  readonly endpoints: AuthEndpoints;
  /** From `chatgpt_base_url`. */
  readonly chatgptBaseUrl?: string | undefined;
}

/** Who signed in, and with what kind of token. */
export interface TokenSignedIn extends SignedIn {
  readonly mode: Extract<AuthMode, "personalAccessToken" | "agentIdentity">;
}

/**
 * Signs in with a token. It is checked by the authority before anything is written.
 *
 * @param token the token, trimmed. Secret
 * @throws CulvertError `auth_login_failed` for a workspace that is not allowed and for what is no token,
 *   `auth_rejected` for one that the authority does not know, `auth_storage`, network codes
 */
export async function loginWithAccessToken(
  parts: AccessTokenParts,
  token: string,
  signal?: AbortSignal,
): Promise<TokenSignedIn> {
  await checkStore(parts, { signal });
  return token.startsWith(PERSONAL_TOKEN_PREFIX)
    ? await withPersonalToken(parts, token, signal)
    : await withIdentity(parts, token, signal);
}

async function withPersonalToken(
  parts: AccessTokenParts,
  token: string,
  signal: AbortSignal | undefined,
): Promise<TokenSignedIn> {
  const { isFedramp: _, ...owner } = await askOwner({ ...parts, token }, signal);
  checkWorkspace(parts, owner.accountId);
  await savePersonalAccessToken(parts, token);
  return { mode: "personalAccessToken", ...owner };
}

async function withIdentity(
  parts: AccessTokenParts,
  token: string,
  signal: AbortSignal | undefined,
): Promise<TokenSignedIn> {
  const unverified = readPayload(token);
  if (unverified === undefined) {
    throw loginFailure("not_a_token", "Standard input holds no access token", {
      hint: "A personal access token begins with at-, an agent identity is a JWT. Nothing was changed.",
    });
  }
  // What the token says of itself is enough to turn it away without a request.
  checkWorkspace(parts, textOf(unverified, "account_id"));
  const home = agentHome(parts.chatgptBaseUrl);
  const payload = await verifyAgentToken(token, { ...parts, home }, signal);
  const { accountId } = agentClaims(payload);
  await saveAgentIdentity(parts, token);
  const [email, planType] = [textOf(payload, "email"), textOf(payload, "plan_type")];
  return {
    mode: "agentIdentity",
    accountId,
    ...(email === undefined ? {} : { email }),
    ...(planType === undefined ? {} : { planType }),
  };
}

function checkWorkspace({ workspaces }: AccessTokenParts, accountId: string | undefined): void {
  if (workspaces === undefined || accountObjection({ workspaces }, [accountId]) === undefined) return;
  throw workspaceFailure();
}

function textOf(record: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = record[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
