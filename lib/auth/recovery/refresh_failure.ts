/**
 * Errors of a refresh: one message and one remedy for each reason.
 *
 * @module
 */
import { CulvertError, type DetailValue } from "../../errors.ts";

/** Why the authority will never accept a refresh token again. */
export type PermanentReason = "expired" | "exhausted" | "revoked" | "other";

/** Why a login cannot be renewed any more. */
type LoginEnd = PermanentReason | "account_changed" | "signed_out" | "no_refresh_token";

const SIGN_IN = "Sign in again: culvert auth login";

const TEXTS: Readonly<Record<LoginEnd, readonly [problem: string, hint: string]>> = {
  expired: ["the refresh token has expired", SIGN_IN],
  exhausted: [
    "the refresh token was already used",
    "A copy of this login on another machine or in a container shares its tokens and used it first. " +
    "Sign in again here, and sign in separately on every machine: culvert auth login",
  ],
  revoked: ["the login was revoked", SIGN_IN],
  other: ["the authorization server refused the refresh token", SIGN_IN],
  account_changed: [
    "the stored login now belongs to another account",
    "Another program signed in while this one was running. Run the command again to use that account.",
  ],
  signed_out: ["the stored login was removed while this program was running", SIGN_IN],
  no_refresh_token: [
    "the stored login has no refresh token",
    "The program that supplied these tokens must supply new ones, or sign in with: culvert auth login",
  ],
};

/**
 * Returns the error for a login that cannot be renewed any more.
 *
 * @param facts status, error code of the authority, path
 */
export function permanentFailure(
  reason: LoginEnd,
  facts: Readonly<Record<string, DetailValue>> = {},
): CulvertError {
  const [problem, hint] = TEXTS[reason];
  return new CulvertError("auth_refresh_failed", `Cannot renew the access token: ${problem}`, {
    hint,
    details: { reason, permanent: true, ...facts },
  });
}

/**
 * Returns the error for a refresh that may succeed later.
 *
 * @param problem completes "Cannot renew the access token: …"
 */
export function transientFailure(
  problem: string,
  facts: Readonly<Record<string, DetailValue>> = {},
  cause?: unknown,
): CulvertError {
  const hint = cause instanceof CulvertError && cause.hint !== undefined
    ? cause.hint
    : "Try again in a moment; if it fails again, run: culvert doctor";
  // A page of a proxy in place of the authority is a matter of the network and not of the login.
  const code = cause instanceof CulvertError && cause.code === "blocked" ? "blocked" : "auth_refresh_failed";
  return new CulvertError(code, `Cannot renew the access token: ${problem}`, {
    hint,
    details: { reason: "transient", permanent: false, ...facts },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Tells whether no further try can succeed. */
export function isPermanent(error: CulvertError): boolean {
  return error.details["permanent"] === true;
}
