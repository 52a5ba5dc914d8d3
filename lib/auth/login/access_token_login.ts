/**
 * Signs in with a token that was issued elsewhere: a personal access token (`at-…`), or the JWT of an agent identity.
 *
 * @module
 */
import { identityFailure } from "../agent/agent_request.ts";
import { agentClaims } from "../agent/agent_token.ts";
import { askOwner } from "../api_key/personal_access_token.ts";
import { PERSONAL_TOKEN_PREFIX } from "../credential.ts";
import { defined, textMember } from "../../text/json.ts";
import { readPayload } from "../jwt_claims.ts";
import {
  checkWorkspace,
  loginFailure,
  type LoginParts,
  replaceLogin,
  type SaveParts,
  type SignedIn,
} from "./login_parts.ts";

type AccessTokenParts = SaveParts & Pick<LoginParts, "workspaces">;

/**
 * Verifies a token at the authority and saves it.
 *
 * @param token trimmed. Secret
 * @throws CulvertError `auth_login_failed` for a workspace that is not allowed and for a text that is no token,
 *   `auth_rejected` for a token that the authority refuses, `auth_storage`, network codes; the signal's reason
 */
export async function loginWithAccessToken(
  parts: AccessTokenParts,
  token: string,
  signal?: AbortSignal,
): Promise<SignedIn> {
  await parts.store.check({ signal });
  if (!token.startsWith(PERSONAL_TOKEN_PREFIX)) return await loginWithIdentity(parts, token, signal);
  const { isFedramp: _, ...owner } = await askOwner(token, parts, signal);
  checkWorkspace(parts, owner.accountId);
  // Without a mode, so that older clients can read the file (as codex 0.171.0).
  await replaceLogin(parts, { OPENAI_API_KEY: null, personal_access_token: token });
  return { mode: "personalAccessToken", ...owner };
}

async function loginWithIdentity(
  parts: AccessTokenParts,
  token: string,
  signal: AbortSignal | undefined,
): Promise<SignedIn> {
  const unverified = readPayload(token);
  if (unverified === undefined) {
    throw loginFailure("not_a_token", "Standard input contains no access token", {
      hint: "A personal access token begins with at-, an agent identity is a JWT. Nothing was changed.",
    });
  }
  // A workspace that is not allowed is refused without a request.
  checkWorkspace(parts, textMember(unverified, "account_id"));
  const authority = { ...parts, failure: identityFailure };
  const { accountId, email, planType } = await agentClaims(token, authority, signal);
  await replaceLogin(parts, { auth_mode: "agentIdentity", OPENAI_API_KEY: null, agent_identity: token });
  return { mode: "agentIdentity", accountId, ...defined({ email, planType }) };
}
