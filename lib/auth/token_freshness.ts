/**
 * When a token is renewed.
 *
 * @module
 */
import type { AuthRecord } from "./auth_record.ts";
import { readClaims } from "./jwt_claims.ts";

/** A token is renewed this long before its `exp`, ms (as codex 0.171.0). */
const RENEW_BEFORE_MS = 5 * 60_000;
/** A token without `exp` is renewed this long after the last refresh, ms (as codex 0.171.0). */
const RENEW_AFTER_MS = 8 * 24 * 3_600_000;

/** Returns the `exp` of the access token, ms since 1970; `undefined` where it has none. */
export function expiryOf(record: AuthRecord): number | undefined {
  return record.tokens === undefined ? undefined : readClaims(record.tokens.accessToken)?.expiresAt;
}

/**
 * Tells whether the access token should be renewed before it is used.
 *
 * @param now ms since 1970, corrected for a known clock error
 */
export function isDue(record: AuthRecord, now: number): boolean {
  const expiry = expiryOf(record);
  if (expiry !== undefined) return expiry <= now + RENEW_BEFORE_MS;
  return record.lastRefresh !== undefined && record.lastRefresh < now - RENEW_AFTER_MS;
}

/**
 * Tells whether the access token is past its `exp`. A token without `exp` is not.
 *
 * @param now ms since 1970, corrected for a known clock error
 */
export function isExpired(record: AuthRecord, now: number): boolean {
  const expiry = expiryOf(record);
  return expiry !== undefined && expiry <= now;
}
