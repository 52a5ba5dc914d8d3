/**
 * The contents of `auth.json`, the file shared with the codex client (format of 0.171.0). Unknown keys are kept
 * when the file is rewritten.
 *
 * The checks are written by hand: every start of `respond` reads this file, and importing zod costs as much
 * processor time as an empty program (17 ms).
 *
 * @module
 */
import { defined, isObject, type JsonObject } from "./json.ts";
import { readClaims, type TokenClaims } from "./jwt_claims.ts";

/** The kinds of credential that the file may contain; `empty` where it contains none. */
type RecordMode =
  | "apikey"
  | "chatgpt"
  | "personalAccessToken"
  | "agentIdentity"
  | "bedrockApiKey"
  | "empty";

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

const KNOWN_KEYS: readonly string[] = [
  "auth_mode",
  "OPENAI_API_KEY",
  "tokens",
  "last_refresh",
  "agent_identity",
  "personal_access_token",
  "bedrock_api_key",
];

const STORED_MODES: Readonly<Record<string, RecordMode>> = {
  apikey: "apikey",
  chatgpt: "chatgpt",
  chatgptAuthTokens: "chatgpt",
  personalAccessToken: "personalAccessToken",
  agentIdentity: "agentIdentity",
  bedrockApiKey: "bedrockApiKey",
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
  if (names.length > 0 && !names.some((name) => KNOWN_KEYS.includes(name))) {
    return { kind: "foreign", problem: "it contains none of the keys of a credential file" };
  }
  return parseMembers(raw);
}

/** Formats a record as the codex client does: two spaces, no final newline. */
export function recordText(raw: JsonObject): string {
  return JSON.stringify(raw, null, 2);
}

/**
 * Returns a record for a new login. Unknown keys of the previous one are kept, known ones are not.
 *
 * @param previous the record that is replaced
 * @param credential the known keys to set
 */
export function replaceCredential(previous: JsonObject | undefined, credential: JsonObject): JsonObject {
  const kept = Object.entries(previous ?? {}).filter(([key]) => !KNOWN_KEYS.includes(key));
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

class WrongType extends Error {}

function parseMembers(raw: JsonObject): ParsedRecord {
  try {
    const apiKey = optional(raw, "OPENAI_API_KEY", isText);
    const personalAccessToken = optional(raw, "personal_access_token", isText);
    const agentIdentity = optional(raw, "agent_identity", isTextOrObject);
    const tokens = parseTokens(optional(raw, "tokens", isObject));
    const mode = storedMode(raw) ??
      impliedMode({ ...raw, OPENAI_API_KEY: apiKey, tokens, agent_identity: agentIdentity });
    const lastRefresh = typeof raw["last_refresh"] === "string" ? Date.parse(raw["last_refresh"]) : NaN;
    return {
      kind: "record",
      record: {
        mode,
        raw,
        ...defined({ apiKey, tokens, personalAccessToken, agentIdentity }),
        ...(Number.isNaN(lastRefresh) ? {} : { lastRefresh }),
      },
    };
  } catch (error) {
    if (!(error instanceof WrongType)) throw error;
    const problem = error.message === "auth_mode"
      ? 'this version does not know the value of "auth_mode"'
      : `the value of "${error.message}" has the wrong type`;
    return { kind: "foreign", problem };
  }
}

function storedMode(raw: JsonObject): RecordMode | undefined {
  const declared = optional(raw, "auth_mode", isText);
  if (declared === undefined) return undefined;
  const mode = Object.hasOwn(STORED_MODES, declared) ? STORED_MODES[declared] : undefined;
  if (mode === undefined) throw new WrongType("auth_mode");
  return mode;
}

/** Returns the mode of a record without `auth_mode` (order of codex 0.171.0). */
function impliedMode(raw: JsonObject): RecordMode {
  if (isText(raw["personal_access_token"])) return "personalAccessToken";
  if (isObject(raw["bedrock_api_key"])) return "bedrockApiKey";
  if (raw["OPENAI_API_KEY"] !== undefined) return "apikey";
  if (raw["tokens"] !== undefined) return "chatgpt";
  return raw["agent_identity"] === undefined ? "empty" : "agentIdentity";
}

function parseTokens(value: JsonObject | undefined): StoredTokens | undefined {
  if (value === undefined) return undefined;
  const { id_token: idToken, access_token: accessToken, refresh_token: refreshToken } = value;
  const accountId = value["account_id"] ?? undefined;
  const isAccount = accountId === undefined || isText(accountId);
  if (!isText(idToken) || !isText(accessToken) || !isText(refreshToken) || !isAccount) {
    throw new WrongType("tokens");
  }
  return { idToken, accessToken, refreshToken, ...(accountId === undefined ? {} : { accountId }) };
}

/** Returns a member; `null` counts as missing. @throws WrongType */
function optional<T>(raw: JsonObject, name: string, is: (value: unknown) => value is T): T | undefined {
  const value = raw[name] ?? undefined;
  if (value !== undefined && !is(value)) throw new WrongType(name);
  return value;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTextOrObject(value: unknown): value is string | JsonObject {
  return isText(value) || isObject(value);
}
