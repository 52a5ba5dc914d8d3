/**
 * The contents of `auth.json`, the file shared with the codex client (format of 0.171.0). Unknown keys are kept
 * when the file is rewritten.
 *
 * The checks are written by hand: every start of `respond` reads this file, and importing zod costs as much
 * processor time as an empty program (17 ms).
 *
 * @module
 */
import { CulvertError } from "../errors.ts";
import { defined, isObject, type JsonObject } from "../text/json.ts";
import type { AuthMode, CredentialSource } from "./authenticator.ts";
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

/** A token is renewed this long before its `exp`, ms (as codex 0.171.0). */
const RENEW_BEFORE_MS = 5 * 60_000;
/** A token without `exp` is renewed this long after the last refresh, ms (as codex 0.171.0). */
const RENEW_AFTER_MS = 8 * 24 * 3_600_000;

const MODES: ReadonlyMap<string, RecordMode> = new Map([
  ["apikey", "apikey"],
  ["chatgpt", "chatgpt"],
  ["chatgptAuthTokens", "chatgpt"],
  ["personalAccessToken", "personalAccessToken"],
  ["agentIdentity", "agentIdentity"],
  ["bedrockApiKey", "bedrockApiKey"],
]);

/** The keys of the file that the program knows. */
const KEYS: readonly string[] = [
  "auth_mode",
  "OPENAI_API_KEY",
  "tokens",
  "last_refresh",
  "agent_identity",
  "personal_access_token",
  "bedrock_api_key",
];

/**
 * Parses the text of a record.
 *
 * @param text `undefined` where there is none
 * @param source where the text was found
 * @throws CulvertError `auth_storage`, which never quotes the text; `details.problem` is `torn` for a text that may be
 *   half written, `foreign` for JSON of an unknown shape
 */
export function parseAuthRecord(text: string | undefined, source: CredentialSource): AuthRecord | undefined {
  if (text === undefined) return undefined;
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    // The parser's message quotes the text near the fault, which may be a token.
    if (!(error instanceof SyntaxError)) throw error;
    throw unusable("torn", text.trim() === "" ? "it is empty" : "it is not complete JSON", source);
  }
  if (!isObject(raw)) throw unusable("foreign", "it contains JSON, but not an object", source);
  const names = Object.keys(raw);
  if (names.length > 0 && !names.some((name) => KEYS.includes(name))) {
    throw unusable("foreign", "it contains none of the keys of a credential file", source);
  }
  return readMembers(raw, source);
}

/**
 * Returns a record for a new login. Unknown keys of the previous one are kept, known ones are not.
 *
 * @param previous the record that is replaced
 * @param credential the known keys to set
 */
export function replaceCredential(previous: JsonObject | undefined, credential: JsonObject): JsonObject {
  const kept = Object.entries(previous ?? {}).filter(([key]) => !KEYS.includes(key));
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

function readMembers(raw: JsonObject, source: CredentialSource): AuthRecord {
  /** Reads a member; `null` counts as missing. */
  const member = <T>(name: string, read: (value: unknown) => T | undefined): T | undefined => {
    const value = raw[name] ?? undefined;
    if (value === undefined) return undefined;
    const result = read(value);
    if (result !== undefined) return result;
    const problem = name === "auth_mode"
      ? 'this version does not know the value of "auth_mode"'
      : `the value of "${name}" has the wrong type`;
    throw unusable("foreign", problem, source);
  };
  const mode = member("auth_mode", (name) => isText(name) ? MODES.get(name) : undefined);
  const members = {
    apiKey: member("OPENAI_API_KEY", textOf),
    tokens: member("tokens", tokensIn),
    personalAccessToken: member("personal_access_token", textOf),
    agentIdentity: member("agent_identity", (value) => isText(value) || isObject(value) ? value : undefined),
  };
  const { last_refresh: refreshedAt } = raw;
  const lastRefresh = isText(refreshedAt) ? Date.parse(refreshedAt) : NaN;
  return {
    mode: mode ?? impliedMode(raw),
    raw,
    ...defined({ ...members, lastRefresh: Number.isNaN(lastRefresh) ? undefined : lastRefresh }),
  };
}

/** Returns the mode of a record without `auth_mode` (order of codex 0.171.0). */
function impliedMode(raw: JsonObject): RecordMode {
  const has = (name: string) => (raw[name] ?? undefined) !== undefined;
  if (has("personal_access_token")) return "personalAccessToken";
  if (isObject(raw["bedrock_api_key"])) return "bedrockApiKey";
  if (has("OPENAI_API_KEY")) return "apikey";
  if (has("tokens")) return "chatgpt";
  return has("agent_identity") ? "agentIdentity" : "empty";
}

function unusable(
  kind: "torn" | "foreign",
  problem: string,
  { kind: place, name }: CredentialSource,
): CulvertError {
  const isFile = place === "file";
  return new CulvertError("auth_storage", `Cannot use the credentials in ${name}: ${problem}`, {
    hint: isFile
      ? "The file is unchanged. Move it away, then sign in again: culvert auth login"
      : "They are unchanged. Remove them with culvert auth logout, then sign in again: culvert auth login",
    details: { problem: kind, ...(isFile ? { path: name } : {}) },
  });
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

function textOf(value: unknown): string | undefined {
  return isText(value) ? value : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
