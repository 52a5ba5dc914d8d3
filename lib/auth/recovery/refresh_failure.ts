/**
 * What the user is told when an access token could not be renewed: one message a reason, and its remedy.
 *
 * @module
 */
import { CulvertError, type DetailValue } from "../../errors.ts";

/** Why a refresh token will never work again. */
export type PermanentReason = "expired" | "exhausted" | "revoked" | "other";

/** Why the login at hand cannot be renewed any more. */
export type LoginEnd = PermanentReason | "account_changed" | "signed_out" | "no_refresh_token";

const TEXTS: Readonly<Record<LoginEnd, { readonly message: string; readonly hint: string }>> = {
  expired: {
    message: "Cannot renew the access token: the refresh token has expired",
    hint: "Sign in again: culvert auth login",
  },
  exhausted: {
    message: "Cannot renew the access token: the refresh token was already used",
    hint: "A copy of this login on another machine or in a container shares its tokens and was faster. " +
      "Sign in again here, and give every machine a login of its own: culvert auth login",
  },
  revoked: {
    message: "Cannot renew the access token: the login was revoked",
    hint: "Sign in again: culvert auth login",
  },
  other: {
    message: "Cannot renew the access token: the authority refused the refresh token",
    hint: "Sign in again: culvert auth login",
  },
  account_changed: {
    message: "Cannot renew the access token: the stored login now belongs to another account",
    hint: "Another program signed in since this one began. Start again to use that account.",
  },
  signed_out: {
    message: "Cannot renew the access token: the stored login was removed since",
    hint: "Sign in again: culvert auth login",
  },
  no_refresh_token: {
    message: "Cannot renew the access token: the stored login has no refresh token",
    hint: "The program that supplied these tokens must supply new ones, or sign in with: culvert auth login",
  },
};

/**
 * A failure that no further try can mend.
 *
 * @param facts status, error code of the authority, path
 */
export function permanentFailure(
  reason: LoginEnd,
  facts: Readonly<Record<string, DetailValue>> = {},
): CulvertError {
  const { message, hint } = TEXTS[reason];
  return new CulvertError("auth_refresh_failed", message, {
    hint,
    details: { reason, permanent: true, ...facts },
  });
}

/**
 * A failure that may pass.
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
    : "Try again in a moment; if it stays so, see: culvert doctor";
  return new CulvertError("auth_refresh_failed", `Cannot renew the access token: ${problem}`, {
    hint,
    details: { reason: "transient", permanent: false, ...facts },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Whether an error of this room says that no further try can help. */
export function isPermanent(error: CulvertError): boolean {
  return error.details["permanent"] === true;
}
