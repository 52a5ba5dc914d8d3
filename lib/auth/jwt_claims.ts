/**
 * Claims of the tokens in use. No signature is verified: the claims decide when to refresh and what to show, and
 * the server alone decides whether a token is valid.
 *
 * @module
 */
import { defined, isObject, type JsonObject } from "./json.ts";

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
  const profile = memberObject(payload, PROFILE);
  const auth = memberObject(payload, AUTH);
  try {
    return {
      isFedramp: auth["chatgpt_account_is_fedramp"] === true,
      ...defined({
        email: text(payload, "email") ?? text(profile, "email"),
        planType: text(auth, "chatgpt_plan_type"),
        userId: text(auth, "chatgpt_user_id") ?? text(auth, "user_id"),
        accountId: text(auth, "chatgpt_account_id"),
        expiresAt: milliseconds(payload, "exp"),
        issuedAt: milliseconds(payload, "iat"),
      }),
    };
  } catch (error) {
    if (error instanceof WrongType) return undefined;
    throw error;
  }
}

class WrongType extends Error {}

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

function memberObject(record: JsonObject, name: string): JsonObject {
  const value = record[name];
  return isObject(value) ? value : {};
}

function text(record: JsonObject, name: string): string | undefined {
  const value = record[name] ?? undefined;
  if (value !== undefined && typeof value !== "string") throw new WrongType(name);
  return value;
}

/** Reads a number of seconds since 1970. */
function milliseconds(record: JsonObject, name: string): number | undefined {
  const value = record[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isFinite(value)) throw new WrongType(name);
  return value * 1000;
}
