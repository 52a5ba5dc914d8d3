/**
 * Claims of the tokens in use. No signature is verified: the claims decide when to refresh and what to show, and
 * the server alone decides whether a token is valid.
 *
 * @module
 */
import { defined, isObject, type JsonObject } from "../text/json.ts";

const PROFILE = "https://api.openai.com/profile";
const AUTH = "https://api.openai.com/auth";

/** Claims of an id token or access token. */
export interface TokenClaims {
  readonly email?: string;
  /** As in the token. */
  readonly planType?: string;
  readonly userId?: string;
  readonly accountId?: string;
  readonly isFedramp: boolean;
  /** `exp`, ms since 1970. */
  readonly expiresAt?: number;
  /** `iat`, ms since 1970. */
  readonly issuedAt?: number;
}

/**
 * Reads the claims.
 *
 * @param token a JWT; parts after the third are ignored
 * @returns `undefined` for a text that is no JWT, and where a claim has the wrong type
 */
export function readClaims(token: string): TokenClaims | undefined {
  const payload = readPayload(token);
  if (payload === undefined) return undefined;
  const [profile, auth] = [payload[PROFILE], payload[AUTH]].map((value) => isObject(value) ? value : {});
  const texts = {
    email: payload["email"] ?? profile?.["email"],
    planType: auth?.["chatgpt_plan_type"],
    userId: auth?.["chatgpt_user_id"] ?? auth?.["user_id"],
    accountId: auth?.["chatgpt_account_id"],
  };
  const times = { expiresAt: payload["exp"], issuedAt: payload["iat"] };
  const isValid = Object.values(texts).every((value) => isAbsent(value) || typeof value === "string") &&
    Object.values(times).every((value) => isAbsent(value) || Number.isFinite(value));
  if (!isValid) return undefined;
  const text = (value: unknown) => typeof value === "string" ? value : undefined;
  const ms = (seconds: unknown) => typeof seconds === "number" ? seconds * 1000 : undefined;
  return {
    isFedramp: auth?.["chatgpt_account_is_fedramp"] === true,
    ...defined({
      email: text(texts.email),
      planType: text(texts.planType),
      userId: text(texts.userId),
      accountId: text(texts.accountId),
      expiresAt: ms(times.expiresAt),
      issuedAt: ms(times.issuedAt),
    }),
  };
}

/**
 * Returns the payload of a JWT, unverified; `undefined` for a text that is no JWT. (`decodeJwt` of jose does the
 * same, but importing it costs 2 ms at every start.)
 */
export function readPayload(token: string): JsonObject | undefined {
  const [header = "", payload = "", signature = ""] = token.split(".");
  if (header === "" || signature === "" || !/^[\w-]+$/.test(payload)) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(payload, { alphabet: "base64url" });
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isObject(value) ? value : undefined;
  } catch (error) {
    // Invalid base64 or JSON (SyntaxError), or invalid UTF-8 (TypeError).
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
