/**
 * When a token is due to be renewed.
 *
 * @module
 */
import type { AuthRecord } from "./auth_record.ts";
import { readClaims } from "./jwt_claims.ts";

/** So long before its `exp` a token is renewed, ms (as the codex client, 0.169.0). */
export const RENEW_BEFORE_MS = 5 * 60_000;
/** A token without `exp` is renewed when its last refresh is so long ago, ms. */
export const RENEW_AFTER_MS = 8 * 24 * 3_600_000;

/** `exp` of the access token, ms since 1970, where it has one. */
export function expiryOf(record: AuthRecord): number | undefined {
  return record.tokens === undefined ? undefined : readClaims(record.tokens.accessToken)?.expiresAt;
}

/**
 * @param now ms since 1970, corrected for a known clock error
 */
export function isDue(record: AuthRecord, now: number): boolean {
  const expiry = expiryOf(record);
  if (expiry !== undefined) return expiry <= now + RENEW_BEFORE_MS;
  return record.lastRefresh !== undefined && record.lastRefresh < now - RENEW_AFTER_MS;
}

/** Whether the token is past its `exp`. One that does not say is not. */
export function isExpired(record: AuthRecord, now: number): boolean {
  const expiry = expiryOf(record);
  return expiry !== undefined && expiry <= now;
}
