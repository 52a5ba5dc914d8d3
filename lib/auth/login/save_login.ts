/**
 * A new login reaches its store: first it is safe there, then the old one is revoked.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { type AuthRecord, replaceCredential } from "../auth_record.ts";
import type { Reservation } from "../credential_store.ts";
import { readClaims } from "../jwt_claims.ts";
import { loginFailure, type LoginParts, type LoginTokens, type SignedIn } from "./login_parts.ts";
import { revokeLogin } from "../chatgpt/revoke.ts";

const LOCK_LIMIT_MS = 45_000;
/** How long the record of a ChatGPT login usually is, bytes. */
export const CHATGPT_LOGIN_BYTES = 4_300;

/** What saving works with. */
export type SaveParts = Pick<LoginParts, "dialer" | "world" | "store" | "clientId" | "revokeUrl" | "warn">;

/**
 * Makes sure that a login can be saved, before the user is sent to the browser.
 *
 * @throws CulvertError `auth_storage` for a record that may not be replaced, or cannot be; the signal's reason
 */
export async function checkStore(
  parts: Pick<SaveParts, "store">,
  reservation: Reservation = {},
): Promise<void> {
  await readReplaceable(parts, reservation.signal);
  await (await parts.store.reserve(reservation)).abandon();
}

/**
 * Saves a ChatGPT login.
 *
 * @param apiKey the key that goes with it, if there is one
 * @throws CulvertError `auth_storage`, or `auth_login_failed` for a workspace that is not allowed
 */
export async function saveTokens(
  parts: SaveParts & Pick<LoginParts, "workspaces">,
  tokens: LoginTokens,
  apiKey?: string,
): Promise<SignedIn> {
  const claims = readClaims(tokens.idToken);
  const { workspaces } = parts;
  if (workspaces !== undefined && !workspaces.includes(claims?.accountId ?? "")) {
    throw workspaceFailure();
  }
  await replace(parts, {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: apiKey ?? null,
    tokens: {
      id_token: tokens.idToken,
      access_token: tokens.accessToken,
      refresh_token: tokens.refreshToken,
      account_id: claims?.accountId ?? null,
    },
    last_refresh: new Date(parts.world.now()).toISOString(),
  }, tokens.refreshToken);
  const planType = claims?.planType ?? readClaims(tokens.accessToken)?.planType;
  return {
    ...(claims?.email === undefined ? {} : { email: claims.email }),
    ...(claims?.accountId === undefined ? {} : { accountId: claims.accountId }),
    ...(planType === undefined ? {} : { planType }),
  };
}

/** Saves an API key as the login. @throws CulvertError `auth_storage` */
export async function saveApiKey(parts: SaveParts, apiKey: string): Promise<void> {
  await replace(parts, { auth_mode: "apikey", OPENAI_API_KEY: apiKey });
}

/**
 * Saves a personal access token as the login. No mode is written, so that clients that do not know this one can
 * read the file all the same (as the codex client, 0.169.0).
 *
 * @throws CulvertError `auth_storage`
 */
export async function savePersonalAccessToken(parts: SaveParts, token: string): Promise<void> {
  await replace(parts, { OPENAI_API_KEY: null, personal_access_token: token });
}

/** Saves an agent identity, as JWT, as the login. @throws CulvertError `auth_storage` */
export async function saveAgentIdentity(parts: SaveParts, token: string): Promise<void> {
  await replace(parts, { auth_mode: "agentIdentity", OPENAI_API_KEY: null, agent_identity: token });
}

/** The error for an account of a workspace that the configuration does not allow. */
export function workspaceFailure(): CulvertError {
  return loginFailure(
    "workspace_restriction",
    "This account belongs to a workspace that is not allowed here",
    {
      hint: "Sign in with an account of the workspace that the configuration names. Nothing was changed.",
    },
  );
}

async function replace(
  parts: SaveParts,
  credential: Readonly<Record<string, unknown>>,
  newRefreshToken?: string,
): Promise<void> {
  // The slot makes the folder, without which there is no lock.
  const slot = await parts.store.reserve();
  const result = await parts.store.lock(LOCK_LIMIT_MS);
  let previous: AuthRecord | undefined;
  try {
    previous = await readReplaceable(parts);
  } catch (error) {
    await slot.abandon();
    if (result.kind === "held") result.lock.release();
    throw error;
  }
  try {
    await slot.commit(replaceCredential(previous?.raw, credential));
  } finally {
    if (result.kind === "held") result.lock.release();
  }
  // Never the token that was just written.
  if (previous === undefined || previous.tokens?.refreshToken === newRefreshToken) return;
  const problem = await revokeLogin(parts, previous);
  if (problem !== undefined) {
    parts.warn({
      code: "auth_not_revoked",
      message: `The former login was replaced but not revoked: ${problem}`,
    });
  }
}

/** The present record. A place without a byte in it holds nothing that could be lost. */
async function readReplaceable(
  parts: Pick<SaveParts, "store">,
  signal?: AbortSignal,
): Promise<AuthRecord | undefined> {
  try {
    return await parts.store.read(signal);
  } catch (error) {
    if (error instanceof CulvertError && error.details["is_empty"] === true) return undefined;
    throw error;
  }
}
