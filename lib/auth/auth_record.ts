/**
 * The contents of `auth.json`, the file shared with the codex client (format of 0.171.0). Unknown keys are kept
 * when the file is rewritten.
 *
 * The checks are written by hand: every start of `respond` reads this file, and importing zod costs as much
 * processor time as an empty program (17 ms).
 *
 * @module
 */
import { defined, isObject, type JsonObject } from "../text/json.ts";
import type { AuthMode } from "./authenticator.ts";
import { readClaims, type TokenClaims } from "./jwt_claims.ts";

/** The kinds of credential that the file may contain; `empty` where it contains none. */
type RecordMode = Exclude<AuthMode, "headers" | "none"> | "bedrockApiKey" | "empty";

/** The tokens of a ChatGPT login. Secret. */
interface StoredTokens {
  readonly idToken: string;
  readonly accessToken: string;
  /** Single-use. Empty where a host application supplied the tokens. */
  readonly refreshToken: string;
  readonly accountId?: string;
}

/** The parsed file. */
export interface AuthRecord {
  readonly mode: RecordMode;
  readonly apiKey?: string;
  readonly tokens?: StoredTokens;
  /** ms since 1970. */
  readonly lastRefresh?: number;
  readonly personalAccessToken?: string;
  /** A JWT, or the record of a registered agent. */
  readonly agentIdentity?: string | JsonObject;
  /** Every key as it was read. Secret. */
  readonly raw: JsonObject;
}

/** The result of parsing. `torn` is text that may be half written; `foreign` is JSON of an unknown shape. */
type ParsedRecord =
  | { readonly kind: "record"; readonly record: AuthRecord }
  | { readonly kind: "torn" | "foreign"; readonly problem: string };

/** A token is renewed this long before its `exp`, ms (as codex 0.171.0). */
const RENEW_BEFORE_MS = 5 * 60_000;
/** A token without `exp` is renewed this long after the last refresh, ms (as codex 0.171.0). */
const RENEW_AFTER_MS = 8 * 24 * 3_600_000;

const MODES: Readonly<Record<string, RecordMode>> = {
  apikey: "apikey",
  chatgpt: "chatgpt",
  chatgptAuthTokens: "chatgpt",
  personalAccessToken: "personalAccessToken",
  agentIdentity: "agentIdentity",
  bedrockApiKey: "bedrockApiKey",
};

/** The keys of the file, and which values each may have; `null` counts as missing. */
const KEYS: Readonly<Record<string, (value: unknown) => boolean>> = {
  auth_mode: (value) => isText(value) && Object.hasOwn(MODES, value),
  OPENAI_API_KEY: isText,
  tokens: (value) => tokensIn(value) !== undefined,
  last_refresh: () => true,
  agent_identity: (value) => isText(value) || isObject(value),
  personal_access_token: isText,
  bedrock_api_key: () => true,
};

/** Parses the text of the file. Never throws; a problem never quotes the contents. */
export function parseAuthRecord(text: string): ParsedRecord {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    // The parser's message quotes the text near the fault, which may be a token.
    if (!(error instanceof SyntaxError)) throw error;
    return { kind: "torn", problem: text.trim() === "" ? "it is empty" : "it is not complete JSON" };
  }
  if (!isObject(raw)) return { kind: "foreign", problem: "it contains JSON, but not an object" };
  const names = Object.keys(raw);
  if (names.length > 0 && !names.some((name) => Object.hasOwn(KEYS, name))) {
    return { kind: "foreign", problem: "it contains none of the keys of a credential file" };
  }
  return parseMembers(raw);
}

/**
 * Returns a record for a new login. Unknown keys of the previous one are kept, known ones are not.
 *
 * @param previous the record that is replaced
 * @param credential the known keys to set
 */
export function replaceCredential(previous: JsonObject | undefined, credential: JsonObject): JsonObject {
  const kept = Object.entries(previous ?? {}).filter(([key]) => !Object.hasOwn(KEYS, key));
  return { ...credential, ...Object.fromEntries(kept) };
}

/** The answer to a refresh; a token that is missing stays as it was. */
export interface RenewedTokens {
  readonly idToken?: string;
  readonly accessToken?: string;
  readonly refreshToken?: string;
}

/**
 * Returns a record with renewed tokens. A refresh never changes the account id.
 *
 * @param now ms since 1970, becomes `last_refresh`
 */
export function renewTokens(raw: JsonObject, renewed: RenewedTokens, now: number): JsonObject {
  const { idToken, accessToken, refreshToken } = renewed;
  const tokens = isObject(raw["tokens"]) ? raw["tokens"] : {};
  return {
    ...raw,
    tokens: {
      ...tokens,
      ...defined({ id_token: idToken, access_token: accessToken, refresh_token: refreshToken }),
    },
    last_refresh: new Date(now).toISOString(),
  };
}

/** Returns the claims of the id token; `undefined` where there are none. */
export function idClaims(record: AuthRecord): TokenClaims | undefined {
  return record.tokens === undefined ? undefined : readClaims(record.tokens.idToken);
}

/**
 * Returns the account of a record: the stored id, else the claim of the id token. Only for comparing records; the
 * request header carries the stored id alone.
 */
export function accountOf(record: AuthRecord): string | undefined {
  return record.tokens?.accountId ?? idClaims(record)?.accountId;
}

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

function parseMembers(raw: JsonObject): ParsedRecord {
  const wrong = Object.keys(KEYS).find((name) => isPresent(raw[name]) && KEYS[name]?.(raw[name]) === false);
  if (wrong !== undefined) {
    const problem = wrong === "auth_mode"
      ? 'this version does not know the value of "auth_mode"'
      : `the value of "${wrong}" has the wrong type`;
    return { kind: "foreign", problem };
  }
  const { last_refresh: refreshedAt, agent_identity: agent } = raw;
  const lastRefresh = isText(refreshedAt) ? Date.parse(refreshedAt) : NaN;
  return {
    kind: "record",
    record: {
      mode: MODES[String(raw["auth_mode"])] ?? impliedMode(raw),
      raw,
      ...defined({
        apiKey: textIn(raw, "OPENAI_API_KEY"),
        tokens: tokensIn(raw["tokens"]),
        lastRefresh: Number.isNaN(lastRefresh) ? undefined : lastRefresh,
        personalAccessToken: textIn(raw, "personal_access_token"),
        agentIdentity: isText(agent) || isObject(agent) ? agent : undefined,
      }),
    },
  };
}

/** Returns the mode of a record without `auth_mode` (order of codex 0.171.0). */
function impliedMode(raw: JsonObject): RecordMode {
  if (isPresent(raw["personal_access_token"])) return "personalAccessToken";
  if (isObject(raw["bedrock_api_key"])) return "bedrockApiKey";
  if (isPresent(raw["OPENAI_API_KEY"])) return "apikey";
  if (isPresent(raw["tokens"])) return "chatgpt";
  return isPresent(raw["agent_identity"]) ? "agentIdentity" : "empty";
}

/** Returns the tokens; `undefined` where a required one is missing or a value is no text. */
function tokensIn(value: unknown): StoredTokens | undefined {
  if (!isObject(value)) return undefined;
  const { id_token: idToken, access_token: accessToken, refresh_token: refreshToken } = value;
  const accountId = value["account_id"] ?? undefined;
  if (!isText(idToken) || !isText(accessToken) || !isText(refreshToken)) return undefined;
  if (accountId === undefined) return { idToken, accessToken, refreshToken };
  return isText(accountId) ? { idToken, accessToken, refreshToken, accountId } : undefined;
}

function textIn(raw: JsonObject, name: string): string | undefined {
  const value = raw[name];
  return isText(value) ? value : undefined;
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
