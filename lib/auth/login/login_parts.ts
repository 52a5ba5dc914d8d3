/**
 * What all logins have in common.
 *
 * @module
 */
import { CulvertError, type DetailValue } from "../../errors.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { Warning } from "../../warning.ts";
import type { World } from "../../world/world.ts";
import type { CredentialStore } from "../credential_store.ts";
import type { OnboardingEntrypoint } from "./callback/callback_answer.ts";

/** What a login works with. */
export interface LoginParts {
  readonly dialer: Dialer;
  readonly world: World;
  readonly store: CredentialStore;
  /** Base URL of the authority, without a final slash. */
  readonly issuer: string;
  readonly clientId: string;
  readonly revokeUrl: URL;
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
export interface LoginTokens {
  readonly idToken: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** The account of a new login. */
export interface SignedIn {
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
