/**
 * Saves a new login, and revokes the replaced one after that.
 *
 * @module
 */
import { type AuthRecord, replaceCredential } from "../auth_record.ts";
import { revokeLogin } from "../chatgpt/revoke.ts";
import { changeRecord, type Reservation } from "../credential_store.ts";
import { defined, type JsonObject } from "../json.ts";
import { readClaims } from "../jwt_claims.ts";
import { accountObjection } from "../policy/login_policy.ts";
import { replaceable } from "../store/auth_file.ts";
import { loginFailure, type LoginParts, type LoginTokens, type SignedIn } from "./login_parts.ts";

const LOCK_LIMIT_MS = 45_000;
/** Usual length of the record of a ChatGPT login, bytes. */
export const CHATGPT_LOGIN_BYTES = 4_300;

/** What saving works with. */
export type SaveParts = Pick<LoginParts, "dialer" | "world" | "store" | "clientId" | "revokeUrl" | "warn">;

/**
 * Makes sure that a login can be saved, before the user signs in.
 *
 * @throws CulvertError `auth_storage`, also for a record that cannot be parsed; the signal's reason
 */
export async function checkStore(
  { store }: Pick<SaveParts, "store">,
  reservation: Reservation = {},
): Promise<void> {
  await replaceable(() => store.read(reservation.signal));
  await (await store.reserve(reservation)).abandon();
}

/**
 * Saves a ChatGPT login.
 *
 * @throws CulvertError `auth_storage`; `auth_login_failed` for a workspace that is not allowed
 */
export async function saveTokens(
  parts: SaveParts & Pick<LoginParts, "workspaces">,
  tokens: LoginTokens,
): Promise<SignedIn> {
  const { email, accountId, planType } = readClaims(tokens.idToken) ?? {};
  checkWorkspace(parts, accountId);
  await replace(parts, {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: {
      id_token: tokens.idToken,
      access_token: tokens.accessToken,
      refresh_token: tokens.refreshToken,
      account_id: accountId ?? null,
    },
    last_refresh: new Date(parts.world.now()).toISOString(),
  }, tokens.refreshToken);
  return defined({ email, accountId, planType: planType ?? readClaims(tokens.accessToken)?.planType });
}

/**
 * Adds an API key to a login that was just saved. Leaves a login with other tokens unchanged.
 *
 * @throws CulvertError `auth_storage`
 */
export async function addApiKey(
  { store }: Pick<SaveParts, "store">,
  apiKey: string,
  { refreshToken }: LoginTokens,
): Promise<void> {
  await changeRecord(
    store,
    (present) =>
      present?.tokens?.refreshToken === refreshToken ? { ...present.raw, OPENAI_API_KEY: apiKey } : undefined,
  );
}

/** Saves an API key as the login. @throws CulvertError `auth_storage` */
export async function saveApiKey(parts: SaveParts, apiKey: string): Promise<void> {
  await replace(parts, { auth_mode: "apikey", OPENAI_API_KEY: apiKey });
}

/**
 * Saves a personal access token as the login. No mode is written, so that older clients can read the file (as codex
 * 0.171.0).
 *
 * @throws CulvertError `auth_storage`
 */
export async function savePersonalAccessToken(parts: SaveParts, token: string): Promise<void> {
  await replace(parts, { OPENAI_API_KEY: null, personal_access_token: token });
}

/** Saves the JWT of an agent identity as the login. @throws CulvertError `auth_storage` */
export async function saveAgentIdentity(parts: SaveParts, token: string): Promise<void> {
  await replace(parts, { auth_mode: "agentIdentity", OPENAI_API_KEY: null, agent_identity: token });
}

/** @throws CulvertError `auth_login_failed` for an account of a workspace that is not allowed */
export function checkWorkspace(
  { workspaces }: Pick<LoginParts, "workspaces">,
  accountId: string | undefined,
): void {
  if (accountObjection(workspaces && { workspaces }, [accountId]) === undefined) return;
  const message = "This account belongs to a workspace that is not allowed here";
  const hint = "Sign in with an account of the workspace that the configuration names. Nothing was changed.";
  throw loginFailure("workspace_restriction", message, { hint });
}

async function replace(parts: SaveParts, credential: JsonObject, newRefreshToken?: string): Promise<void> {
  const { store, warn } = parts;
  // Creates the home as well, which the lock needs.
  const slot = await store.reserve();
  const result = await store.lock(LOCK_LIMIT_MS);
  let previous: AuthRecord | undefined;
  try {
    await slot.commit((present) => {
      previous = present;
      return replaceCredential(present?.raw, credential);
    });
  } finally {
    if (result.kind === "held") result.lock.release();
  }
  // Never the token that was just written.
  if (previous === undefined || previous.tokens?.refreshToken === newRefreshToken) return;
  const problem = await revokeLogin(parts, previous);
  if (problem === undefined) return;
  warn({ code: "auth_not_revoked", message: `The former login was replaced but not revoked: ${problem}` });
}
