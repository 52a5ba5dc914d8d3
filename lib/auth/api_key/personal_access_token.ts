/**
 * Personal access tokens (`at-…`). The authority tells the account of a token; the answer is cached beside
 * `auth.json`.
 *
 * @module
 */
import { join } from "node:path";
import type { LoginPolicy } from "../../config/settings.ts";
import { CulvertError, handleFailure } from "../../errors.ts";
import type { Warning } from "../../warning.ts";
import { type AccountFacts, bearerHeaders } from "../auth_headers.ts";
import type { Credential } from "../credential.ts";
import { type Authority, exchange } from "../chatgpt/auth_exchange.ts";
import { defined, type JsonObject, jsonObject, textMember } from "../../text/json.ts";
import { sha256Hex } from "../../text/sha256.ts";
import { accountObjection, forbidden } from "../policy/login_policy.ts";
import { readRegularFile } from "../../files/read_file.ts";
import { type ActiveCredential, fixedCredential } from "../recovery/active_credential.ts";

/** How long a cached answer is used without a request, ms. */
const FRESH_MS = 3_600_000;
const FILE_NAME = "culvert-whoami.json";
const CACHE_LIMIT_BYTES = 16 * 1024;
/** Limit of the request, ms: shorter than that of a login, since every start may wait for it. */
const WHOAMI_LIMIT_MS = 10_000;

/** The owner of a token. */
interface TokenOwner extends AccountFacts {
  readonly email?: string;
  readonly planType?: string;
}

interface OwnerQuery extends Authority {
  readonly codexHome: string;
  readonly warn: (warning: Warning) => void;
}

interface TokenCredentialOptions extends OwnerQuery {
  readonly loginPolicy?: LoginPolicy | undefined;
  /** Removes a stored token of an account that is not allowed. */
  readonly removeStored: () => Promise<void>;
}

/**
 * Returns a token as the credential of a session.
 *
 * @throws CulvertError `auth_missing` for an account that is not allowed; as {@link findOwner}
 */
export async function personalTokenCredential(
  { token, source }: Extract<Credential, { kind: "personal_access_token" }>,
  options: TokenCredentialOptions,
  signal?: AbortSignal,
): Promise<ActiveCredential> {
  const owner = await findOwner(token, options, signal);
  const setting = accountObjection(options.loginPolicy, [owner.accountId]);
  if (setting === undefined) {
    const headers = bearerHeaders(token, owner);
    return fixedCredential("personalAccessToken", source, headers, "not_refreshable_auth");
  }
  // Without an answer of the authority the account may be the right one.
  if (owner.accountId !== undefined) await options.removeStored();
  throw forbidden(`the personal access token from ${source.name}`, setting, source.name);
}

/** Returns the path of the cache. */
export function ownerCachePath(codexHome: string): string {
  return join(codexHome, FILE_NAME);
}

/**
 * Finds the owner of a token: in a fresh cache, else from the authority, else in a stale cache. Where none gives an
 * answer the token is sent without an account, with a warning.
 *
 * @throws CulvertError `auth_rejected` for a token that the authority refuses; the signal's reason
 */
async function findOwner(token: string, query: OwnerQuery, signal?: AbortSignal): Promise<TokenOwner> {
  const key = await sha256Hex(token);
  const path = ownerCachePath(query.codexHome);
  const cached = await readCache(path, key);
  if (cached !== undefined && query.world.now() - cached.at < FRESH_MS) return cached.owner;
  const owner = await handleFailure(askOwner(token, query, signal), (failure) => {
    signal?.throwIfAborted();
    if (failure.code === "auth_rejected") throw failure;
    const then = cached === undefined
      ? "sending it without an account"
      : "using the account of an earlier answer";
    const message = `Cannot verify the personal access token: ${failure.message}; ${then}`;
    query.warn({ code: "auth_unverified", message });
  });
  if (owner === undefined) return cached?.owner ?? { isFedramp: false };
  await writeCache(path, key, owner, query.world.now());
  return owner;
}

/**
 * Asks the authority for the owner of a token.
 *
 * @throws CulvertError `auth_rejected` for 401 and 403, `server` for another answer, network codes; the signal's
 *   reason
 */
export async function askOwner(
  token: string,
  authority: Authority,
  signal?: AbortSignal,
): Promise<TokenOwner> {
  const url = new URL(`${authority.endpoints.accountsBase}/v1/user-auth-credential/whoami`);
  const { status, text } = await exchange(authority, {
    method: "GET",
    url,
    headers: { ...bearerHeaders(token), accept: "application/json" },
    ...defined({ signal }),
  }, WHOAMI_LIMIT_MS);
  const details = { status, host: url.host };
  if (status === 401 || status === 403) {
    const message = `${url.host} refused the personal access token (${status})`;
    const hint = "Create a new token in the account settings.";
    throw new CulvertError("auth_rejected", message, { hint, details });
  }
  const owner = status === 200 ? ownerIn(jsonObject(text)) : undefined;
  if (owner !== undefined) return owner;
  const message = `${url.host} did not name the owner of the personal access token (status ${status})`;
  throw new CulvertError("server", message, { details });
}

/**
 * Reads an owner, in the form of the authority and of the cache. (By hand: the cache is read at every start, and
 * importing zod costs as much processor time as an empty program.)
 */
function ownerIn(members: JsonObject | undefined): TokenOwner | undefined {
  const accountId = textMember(members, "chatgpt_account_id");
  const planType = textMember(members, "chatgpt_plan_type")?.toLowerCase();
  const isFedramp = members?.["chatgpt_account_is_fedramp"];
  if (accountId === undefined || planType === undefined || typeof isFedramp !== "boolean") return undefined;
  return { accountId, planType, isFedramp, ...defined({ email: textMember(members, "email") }) };
}

async function readCache(
  path: string,
  key: string,
): Promise<{ readonly at: number; readonly owner: TokenOwner } | undefined> {
  // Without a cache the authority is asked.
  const bytes = await readRegularFile(path, CACHE_LIMIT_BYTES).catch(() => undefined);
  const entry = jsonObject(new TextDecoder().decode(bytes));
  const owner = ownerIn(entry);
  if (owner === undefined || entry?.["token_sha256"] !== key || typeof entry["at"] !== "number") {
    return undefined;
  }
  return { at: entry["at"], owner };
}

async function writeCache(path: string, key: string, owner: TokenOwner, now: number): Promise<void> {
  const entry = {
    token_sha256: key,
    at: now,
    chatgpt_account_id: owner.accountId,
    chatgpt_plan_type: owner.planType,
    chatgpt_account_is_fedramp: owner.isFedramp,
    email: owner.email,
  };
  // Not through a symbolic link to a file of another user.
  await Deno.remove(path).catch(() => {/* there is none, or writing fails too */});
  const options = { mode: 0o600, createNew: true };
  await Deno.writeTextFile(path, JSON.stringify(entry), options).catch(
    () => {/* the next start asks again */},
  );
}
