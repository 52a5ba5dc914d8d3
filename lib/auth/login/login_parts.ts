/**
 * What every way to sign in works with, and how each of them fails.
 *
 * @module
 */
import { CulvertError, type DetailValue } from "../../errors.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { Warning } from "../../warning.ts";
import type { World } from "../../world/world.ts";
import type { CredentialStore } from "../credential_store.ts";
import type { OnboardingEntrypoint } from "./callback/login_state.ts";

/** Where to sign in, as whom, and what with. */
export interface LoginParts {
  readonly dialer: Dialer;
  readonly world: World;
  readonly store: CredentialStore;
  /** Base of the authority, without a final slash. */
  readonly issuer: string;
  readonly clientId: string;
  readonly revokeUrl: URL;
  /** The value of the `originator` parameter. */
  readonly originator: string;
  /** When given, only these workspaces may be signed in to. */
  readonly workspaces?: readonly string[];
  /** Says something to the user. */
  readonly say: (text: string) => void;
  /** Says what is worth knowing when something is wrong. No query, code or token may stand in it. */
  readonly note: (text: string) => void;
  readonly warn: (warning: Warning) => void;
}

/** Tokens of a new login. Secret. */
export interface LoginTokens {
  readonly idToken: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Who signed in. */
export interface SignedIn {
  readonly email?: string;
  readonly planType?: string;
  readonly accountId?: string;
  /** Where the user began, if the authority told it. */
  readonly onboarding?: OnboardingEntrypoint;
  /** Where the user's organisation is still to be set up. */
  readonly setupUrl?: string;
}

/**
 * The error of a login that did not complete.
 *
 * @param problem stable word for machines: the OAuth code, `token_exchange_failed`, `timeout`, …
 * @param message completes nothing: a whole sentence without its full stop
 */
export function loginFailure(
  problem: string,
  message: string,
  options: {
    readonly hint?: string;
    readonly details?: Readonly<Record<string, DetailValue>>;
    readonly cause?: unknown;
  } = {},
): CulvertError {
  return new CulvertError("auth_login_failed", message, {
    hint: options.hint ?? "Nothing was changed. Try again, or use: culvert auth login --device",
    details: { problem, ...options.details },
    ...(options.cause === undefined ? {} : { cause: options.cause }),
  });
}
