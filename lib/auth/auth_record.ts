/**
 * The contents of `auth.json`, the file shared with the codex client (format of 0.169.0). Keys that are not
 * known here are carried along, so that a newer client loses nothing to this one.
 *
 * The check is written by hand and not with zod: every start of `respond` reads this file, and importing zod
 * costs as much processor time as an empty program (16 ms to 17 ms).
 *
 * @module
 */
import { readClaims, type TokenClaims } from "./jwt_claims.ts";

/** Kinds of credentials that the file may hold; `empty` where it holds none. */
export type RecordMode =
  | "apikey"
  | "chatgpt"
  | "personalAccessToken"
  | "agentIdentity"
  | "bedrockApiKey"
  | "empty";

/** Tokens of a ChatGPT login. Secret, all of them. */
export interface StoredTokens {
  readonly idToken: string;
  readonly accessToken: string;
  /** Single-use. May be empty when a host application supplied the tokens. */
  readonly refreshToken: string;
  readonly accountId?: string;
}

/** The file, understood. */
export interface AuthRecord {
  readonly mode: RecordMode;
  readonly apiKey?: string;
  readonly tokens?: StoredTokens;
  /** ms since 1970. */
  readonly lastRefresh?: number;
  readonly personalAccessToken?: string;
  /** A JWT, or the record of a registered agent. */
  readonly agentIdentity?: string | Readonly<Record<string, unknown>>;
  /** Everything as it was read. Secret. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Either the file's contents, or why they cannot be used: `torn` may be half written, `foreign` is not ours. */
export type ParsedRecord =
  | { readonly kind: "record"; readonly record: AuthRecord }
  | { readonly kind: "torn" | "foreign"; readonly problem: string };

const KNOWN_KEYS = [
  "auth_mode",
  "OPENAI_API_KEY",
  "tokens",
  "last_refresh",
  "agent_identity",
  "personal_access_token",
  "bedrock_api_key",
] as const;

const STORED_MODES: Readonly<Record<string, RecordMode>> = {
  apikey: "apikey",
  chatgpt: "chatgpt",
  chatgptAuthTokens: "chatgpt",
  personalAccessToken: "personalAccessToken",
  agentIdentity: "agentIdentity",
  bedrockApiKey: "bedrockApiKey",
};

/** Reads the text of the file. Never throws; a problem never quotes the contents. */
export function parseAuthRecord(text: string): ParsedRecord {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    // The parser's own message quotes the text around the fault, which may be a token.
    if (error instanceof SyntaxError) return { kind: "torn", problem: tornProblem(text) };
    throw error;
  }
  if (!isObject(raw)) return { kind: "foreign", problem: "it holds JSON, but not an object" };
  const names = Object.keys(raw);
  if (names.length > 0 && !KNOWN_KEYS.some((key) => names.includes(key))) {
    return { kind: "foreign", problem: "it holds none of the keys of a credential file" };
  }
  return understand(raw);
}

/** Text of a record, as the codex client writes it: two spaces, no final newline. */
export function recordText(raw: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(raw, null, 2);
}

/**
 * A record for a new login: known keys start anew, unknown ones are kept.
 *
 * @param previous contents of the file that is replaced, if any
 * @param credential the known keys to set
 */
export function replaceCredential(
  previous: Readonly<Record<string, unknown>> | undefined,
  credential: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const kept = Object.entries(previous ?? {}).filter(([key]) => !KNOWN_KEYS.some((known) => known === key));
  return { ...credential, ...Object.fromEntries(kept) };
}

/** What a refresh answered; only what is there replaces what was. */
export interface RenewedTokens {
  readonly idToken?: string;
  readonly accessToken?: string;
  readonly refreshToken?: string;
}

/**
 * A record with renewed tokens. The account id is never changed by a refresh.
 *
 * @param now ms since 1970, becomes `last_refresh`
 */
export function renewTokens(
  raw: Readonly<Record<string, unknown>>,
  renewed: RenewedTokens,
  now: number,
): Readonly<Record<string, unknown>> {
  const tokens = isObject(raw["tokens"]) ? raw["tokens"] : {};
  return {
    ...raw,
    tokens: {
      ...tokens,
      ...(renewed.idToken === undefined ? {} : { id_token: renewed.idToken }),
      ...(renewed.accessToken === undefined ? {} : { access_token: renewed.accessToken }),
      ...(renewed.refreshToken === undefined ? {} : { refresh_token: renewed.refreshToken }),
    },
    last_refresh: new Date(now).toISOString(),
  };
}

/** Claims of the id token; `undefined` when there is none to read. */
export function idClaims(record: AuthRecord): TokenClaims | undefined {
  return record.tokens === undefined ? undefined : readClaims(record.tokens.idToken);
}

/**
 * The account a record belongs to: the stored id, else the claim of the id token. Only for comparing records;
 * the request header carries the stored id alone.
 */
export function accountOf(record: AuthRecord): string | undefined {
  return record.tokens?.accountId ?? idClaims(record)?.accountId;
}

function tornProblem(text: string): string {
  return text.trim() === "" ? "it is empty" : "it is not complete JSON";
}

function understand(raw: Readonly<Record<string, unknown>>): ParsedRecord {
  const foreign = (key: string): ParsedRecord => ({
    kind: "foreign",
    problem: `the value of "${key}" is not of the expected type`,
  });
  const apiKey = raw["OPENAI_API_KEY"] ?? undefined;
  if (apiKey !== undefined && typeof apiKey !== "string") return foreign("OPENAI_API_KEY");
  const personalAccessToken = raw["personal_access_token"] ?? undefined;
  if (personalAccessToken !== undefined && typeof personalAccessToken !== "string") {
    return foreign("personal_access_token");
  }
  const identity = raw["agent_identity"] ?? undefined;
  if (identity !== undefined && typeof identity !== "string" && !isObject(identity)) {
    return foreign("agent_identity");
  }
  const tokens = understandTokens(raw["tokens"] ?? undefined);
  if (tokens === "foreign") return foreign("tokens");
  const declared = raw["auth_mode"] ?? undefined;
  const stored = typeof declared === "string" ? STORED_MODES[declared] : undefined;
  if (declared !== undefined && stored === undefined) {
    return { kind: "foreign", problem: 'the value of "auth_mode" is not known to this version' };
  }
  const mode = stored ?? impliedMode(raw, apiKey, tokens, personalAccessToken, identity);
  const lastRefresh = typeof raw["last_refresh"] === "string" ? Date.parse(raw["last_refresh"]) : NaN;
  return {
    kind: "record",
    record: {
      mode,
      raw,
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(tokens === undefined ? {} : { tokens }),
      ...(personalAccessToken === undefined ? {} : { personalAccessToken }),
      ...(identity === undefined ? {} : { agentIdentity: identity }),
      ...(Number.isNaN(lastRefresh) ? {} : { lastRefresh }),
    },
  };
}

/** Which credential counts in a record that does not say so (order of the codex client). */
function impliedMode(
  raw: Readonly<Record<string, unknown>>,
  apiKey: string | undefined,
  tokens: StoredTokens | undefined,
  personalAccessToken: string | undefined,
  identity: unknown,
): RecordMode {
  if (personalAccessToken !== undefined) return "personalAccessToken";
  if (isObject(raw["bedrock_api_key"])) return "bedrockApiKey";
  if (apiKey !== undefined) return "apikey";
  if (tokens !== undefined) return "chatgpt";
  return identity === undefined ? "empty" : "agentIdentity";
}

function understandTokens(value: unknown): StoredTokens | undefined | "foreign" {
  if (value === undefined) return undefined;
  if (!isObject(value)) return "foreign";
  const { id_token: idToken, access_token: accessToken, refresh_token: refreshToken } = value;
  const accountId = value["account_id"] ?? undefined;
  if (typeof idToken !== "string" || typeof accessToken !== "string" || typeof refreshToken !== "string") {
    return "foreign";
  }
  if (accountId !== undefined && typeof accountId !== "string") return "foreign";
  return { idToken, accessToken, refreshToken, ...(accountId === undefined ? {} : { accountId }) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
