/**
 * What all logins have in common: what they work with, how they fail, and how the new login is saved.
 *
 * @module
 */
import { CulvertError, type DetailValue } from "../../errors.ts";
import type { Warning } from "../../warning.ts";
import { type AuthRecord, type RenewedTokens, renewTokens, replaceCredential } from "../auth_record.ts";
import type { Authority } from "../chatgpt/auth_exchange.ts";
import { revokeLogin } from "../chatgpt/token_endpoint.ts";
import { defined, type JsonObject } from "../../text/json.ts";
import type { AuthMode } from "../authenticator.ts";
import { readClaims } from "../jwt_claims.ts";
import { accountObjection } from "../policy/login_policy.ts";
import type { CredentialStore } from "../store/credential_store.ts";
import type { OnboardingEntrypoint } from "./callback/callback_answer.ts";

/** What a login works with. */
export interface LoginParts extends Authority {
  readonly store: CredentialStore;
  /** Base URL of the authority, without a final slash. */
  readonly issuer: string;
  /** The value of the `originator` parameter. */
  readonly originator: string;
  /** The only workspaces that are allowed. Default: all. */
  readonly workspaces?: readonly string[];
  /** Shows a text to the user. */
  readonly say: (text: string) => void;
  /** Shows a text with `-v`. It contains no query, code or token. */
  readonly note: (text: string) => void;
  readonly warn: (warning: Warning) => void;
}

/** Tokens of a new login. Secret. */
export type LoginTokens = Required<RenewedTokens>;

/** The account of a new login. */
export interface SignedIn {
  /** The kind of credential. Default: `chatgpt`. */
  readonly mode?: AuthMode;
  readonly email?: string;
  readonly planType?: string;
  readonly accountId?: string;
  /** Where the user began, if the authority told it. */
  readonly onboarding?: OnboardingEntrypoint;
}

/**
 * Returns the error of a login that failed.
 *
 * @param problem for machines: the OAuth error code, `token_exchange_failed`, `timeout`, …
 * @param message a sentence without full stop
 */
export function loginFailure(
  problem: string,
  message: string,
  options: { readonly hint?: string; readonly details?: Readonly<Record<string, DetailValue>> } = {},
): CulvertError {
  return new CulvertError("auth_login_failed", message, {
    hint: options.hint ?? "Nothing was changed. Try again, or use: culvert auth login --device",
    details: { problem, ...options.details },
  });
}

/** Usual length of the record of a ChatGPT login, bytes. */
export const CHATGPT_LOGIN_BYTES = 4_300;

/** What saving and signing out work with. */
export type SaveParts = Authority & Pick<LoginParts, "store" | "warn">;

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
  const empty = { auth_mode: "chatgpt", OPENAI_API_KEY: null, tokens: { account_id: accountId ?? null } };
  await replaceLogin(parts, renewTokens(empty, tokens, parts.world.now()), tokens.refreshToken);
  return defined({ email, accountId, planType: planType ?? readClaims(tokens.accessToken)?.planType });
}

/** Saves an API key as the login. @throws CulvertError `auth_storage` */
export async function saveApiKey(parts: SaveParts, apiKey: string): Promise<void> {
  await replaceLogin(parts, { auth_mode: "apikey", OPENAI_API_KEY: apiKey });
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

/**
 * Saves a login in place of the stored one, which is revoked after that.
 *
 * @param credential the known keys of the record
 * @param newRefreshToken never revoked
 * @throws CulvertError `auth_storage`
 */
export async function replaceLogin(
  parts: SaveParts,
  credential: JsonObject,
  newRefreshToken?: string,
): Promise<void> {
  const { store, warn } = parts;
  // Creates the home as well, which the lock needs.
  await using slot = await store.reserve();
  let previous: AuthRecord | undefined;
  {
    using _lock = await store.lock();
    await slot.commit((present) => {
      previous = present;
      return replaceCredential(present?.raw, credential);
    });
  }
  if (previous === undefined || previous.tokens?.refreshToken === newRefreshToken) return;
  const problem = await revokeLogin(parts, previous);
  if (problem === undefined) return;
  warn({ code: "auth_not_revoked", message: `The previous login was replaced but not revoked: ${problem}` });
}
