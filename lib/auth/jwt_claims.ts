/**
 * What the program reads in the tokens it carries. No signature is checked: these claims steer when to refresh
 * and what to show; only the server decides what they are worth.
 *
 * @module
 */
const PROFILE = "https://api.openai.com/profile";
const AUTH = "https://api.openai.com/auth";

/** Claims of an id token or access token. */
export interface TokenClaims {
  readonly email?: string;
  /** Raw, as in the token. */
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
 * @param token a JWT; parts beyond the third are tolerated
 * @returns `undefined` for anything that is no JWT, or whose claims have another type than they should
 */
export function readClaims(token: string): TokenClaims | undefined {
  const payload = readPayload(token);
  if (payload === undefined) return undefined;
  const profile = objectField(payload, PROFILE);
  const auth = objectField(payload, AUTH);
  try {
    const email = text(payload, "email") ?? text(profile, "email");
    const planType = text(auth, "chatgpt_plan_type");
    const userId = text(auth, "chatgpt_user_id") ?? text(auth, "user_id");
    const accountId = text(auth, "chatgpt_account_id");
    const expiresAt = seconds(payload, "exp");
    const issuedAt = seconds(payload, "iat");
    return {
      ...(email === undefined ? {} : { email }),
      ...(planType === undefined ? {} : { planType }),
      ...(userId === undefined ? {} : { userId }),
      ...(accountId === undefined ? {} : { accountId }),
      isFedramp: auth["chatgpt_account_is_fedramp"] === true,
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(issuedAt === undefined ? {} : { issuedAt }),
    };
  } catch (error) {
    if (error instanceof WrongType) return undefined;
    throw error;
  }
}

class WrongType extends Error {}

/**
 * The payload of a JWT, unchecked; `undefined` for anything that is none. (`decodeJwt` of jose does the same and is
 * five modules: 2 ms of every start, whatever the credential.)
 */
export function readPayload(token: string): Readonly<Record<string, unknown>> | undefined {
  const [header = "", payload = "", signature = ""] = token.split(".");
  if (header === "" || signature === "" || !/^[\w-]+$/.test(payload)) return undefined;
  try {
    const bytes = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    const json = new TextDecoder("utf-8", { fatal: true })
      .decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : undefined;
  } catch (error) {
    // No base64 (DOMException), no UTF-8 (TypeError), no JSON (SyntaxError): no JWT, either way.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

function objectField(
  record: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, unknown>> {
  const value = record[name];
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(record: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = record[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new WrongType(name);
  return value;
}

function seconds(record: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = record[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isFinite(value)) throw new WrongType(name);
  return value * 1000;
}
