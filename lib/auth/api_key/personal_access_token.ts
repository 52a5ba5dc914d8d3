/**
 * Personal access tokens (`at-…`): the account they stand for is asked of the authority, and remembered beside
 * `auth.json`, so that a start does not wait for an answer that never changes.
 *
 * @module
 */
import { join } from "node:path";
import { CulvertError } from "../../errors.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { Warning } from "../../warning.ts";
import type { World } from "../../world/world.ts";
import type { AuthEndpoints } from "../chatgpt/auth_endpoints.ts";
import { exchange } from "../chatgpt/auth_exchange.ts";
import { jsonObject } from "../json.ts";
import type { AccountFacts } from "../auth_headers.ts";
import { fingerprint } from "../fingerprint.ts";

/** An answer is believed so long without asking again, ms. */
const FRESH_MS = 3_600_000;
const FILE_NAME = "culvert-whoami.json";
/** Start-up has its own, shorter budget than a login, ms. */
const WHOAMI_LIMIT_MS = 10_000;

/** What is known of the token's owner. */
export interface TokenOwner extends AccountFacts {
  readonly email?: string;
  readonly planType?: string;
}

/** What {@link findOwner} works with. */
export interface OwnerQuery {
  readonly token: string;
  readonly codexHome: string;
  readonly dialer: Dialer;
  readonly world: World;
  readonly endpoints: AuthEndpoints;
  readonly warn: (warning: Warning) => void;
}

/**
 * Finds the owner of a token: from the cache while it is fresh, else from the authority, else from a stale cache.
 * When nobody can be asked the token is sent without an account; that is a warning, not "not logged in".
 *
 * @throws CulvertError `auth_rejected` when the authority says that the token is worth nothing
 */
export async function findOwner(query: OwnerQuery, signal?: AbortSignal): Promise<TokenOwner> {
  const key = await fingerprint(query.token);
  const path = join(query.codexHome, FILE_NAME);
  const cached = await readCache(path, key);
  if (cached !== undefined && query.world.now() - cached.at < FRESH_MS) return cached.owner;
  try {
    const owner = await askOwner(query, signal);
    await writeCache(path, key, owner, query);
    return owner;
  } catch (error) {
    if (!(error instanceof CulvertError) || error.code === "auth_rejected") throw error;
    query.warn({
      code: "auth_unverified",
      message: `Cannot verify the personal access token: ${error.message}; ` +
        (cached === undefined ? "sending it without an account" : "using what was known before"),
    });
    return cached?.owner ?? { isFedramp: false };
  }
}

/** Asks the authority. @throws CulvertError `auth_rejected` for 401 and 403, network codes, `server` */
export async function askOwner(
  query: Pick<OwnerQuery, "token" | "dialer" | "endpoints">,
  signal?: AbortSignal,
): Promise<TokenOwner> {
  const url = new URL(`${query.endpoints.accountsBase}/v1/user-auth-credential/whoami`);
  const reply = await exchange(query.dialer, {
    method: "GET",
    url,
    headers: { authorization: `Bearer ${query.token}`, accept: "application/json" },
    ...(signal === undefined ? {} : { signal }),
  }, WHOAMI_LIMIT_MS);
  if (reply.status === 401 || reply.status === 403) {
    throw new CulvertError(
      "auth_rejected",
      `${url.host} refused the personal access token (${reply.status})`,
      {
        hint: "Make a new token in the account settings.",
        details: { status: reply.status, host: url.host },
      },
    );
  }
  const { z } = await import("zod");
  const schema = z.object({
    email: z.string().nullish(),
    chatgpt_user_id: z.string(),
    chatgpt_account_id: z.string(),
    chatgpt_plan_type: z.string(),
    chatgpt_account_is_fedramp: z.boolean(),
  });
  const parsed = schema.safeParse(jsonObject(reply.text));
  if (reply.status !== 200 || !parsed.success) {
    throw new CulvertError("server", `${url.host} did not say whose token this is (status ${reply.status})`, {
      details: { status: reply.status, host: url.host },
    });
  }
  const { email } = parsed.data;
  return {
    accountId: parsed.data.chatgpt_account_id,
    isFedramp: parsed.data.chatgpt_account_is_fedramp,
    planType: parsed.data.chatgpt_plan_type.toLowerCase(),
    ...(email === undefined || email === null || email === "" ? {} : { email }),
  };
}

async function readCache(
  path: string,
  key: string,
): Promise<{ readonly at: number; readonly owner: TokenOwner } | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    // A cache that cannot be read is no cache.
    if (error instanceof Error) return undefined;
    throw error;
  }
  const entry = jsonObject(text);
  if (entry?.["token_sha256"] !== key || typeof entry["at"] !== "number") return undefined;
  const { account_id: accountId, plan_type: planType, email } = entry;
  return {
    at: entry["at"],
    owner: {
      isFedramp: entry["is_fedramp"] === true,
      ...(typeof accountId === "string" ? { accountId } : {}),
      ...(typeof planType === "string" ? { planType } : {}),
      ...(typeof email === "string" ? { email } : {}),
    },
  };
}

async function writeCache(path: string, key: string, owner: TokenOwner, query: OwnerQuery): Promise<void> {
  const entry = {
    token_sha256: key,
    at: query.world.now(),
    account_id: owner.accountId,
    plan_type: owner.planType,
    email: owner.email,
    is_fedramp: owner.isFedramp,
  };
  try {
    await Deno.writeTextFile(path, JSON.stringify(entry), { mode: 0o600 });
  } catch (error) {
    // The next start asks again; that is all.
    if (!(error instanceof Error)) throw error;
  }
}
