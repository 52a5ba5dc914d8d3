/**
 * Which credential would be used, and whether it is any good. Asks nobody.
 *
 * @module
 */
import type { Provider } from "../../config/provider.ts";
import type { LoginPolicy } from "../../config/settings.ts";
import { CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";
import { accountOf, type AuthRecord, idClaims } from "../auth_record.ts";
import { defaultBaseUrl } from "../auth_headers.ts";
import type { AuthMode, CredentialSource } from "../authenticator.ts";
import { findCredential, keyVariablesFor } from "./find_credential.ts";
import { ACCESS_TOKEN_VARIABLE, type Credential } from "../credential.ts";
import type { CredentialStore } from "../credential_store.ts";
import { readClaims } from "../jwt_claims.ts";
import { planOf } from "./plan.ts";
import { expiryOf, isExpired } from "../token_freshness.ts";

/** The state of the credential. No secret, no whole account id. */
export interface AuthStatus {
  readonly usable: boolean;
  readonly mode: AuthMode;
  readonly source: CredentialSource;
  readonly provider: string;
  readonly baseUrl: string;
  /** An API key as `sk-proj-***vwxyz`. */
  readonly key?: string;
  readonly email?: string;
  /** The last characters of the account id. */
  readonly accountTail?: string;
  readonly plan?: string;
  /** ms since 1970. */
  readonly expiresAt?: number;
  readonly lastRefresh?: number;
  /** Whether an expired token can be renewed. */
  readonly canRenew: boolean;
  /** Other sources that hold a credential too and lose to this one. */
  readonly shadowed: readonly string[];
  /** Why it is not usable, or what is odd about it. */
  readonly problems: readonly string[];
  /** Set when not usable. */
  readonly error?: CulvertError;
}

/** What the status is made of. */
export interface StatusQuery {
  readonly provider: Provider;
  readonly apiKeyFile?: string;
  /** What the configuration demands of a login. */
  readonly loginPolicy?: LoginPolicy | undefined;
  readonly world: World;
  readonly store: () => Promise<CredentialStore>;
  /** Ends the wait for a store that has a question for a person. */
  readonly signal?: AbortSignal | undefined;
}

/** Looks. @throws the signal's reason; nothing of this room: a credential that cannot be had is a status too */
export async function authStatus(query: StatusQuery): Promise<AuthStatus> {
  const { provider } = query;
  let credential: Credential;
  try {
    credential = await findCredential(query);
  } catch (error) {
    if (!(error instanceof CulvertError) || query.signal?.aborted === true) throw error;
    return {
      usable: false,
      mode: "none",
      source: { kind: "none", name: "none" },
      provider: provider.id,
      baseUrl: provider.baseUrl ?? defaultBaseUrl("none"),
      canRenew: false,
      shadowed: [],
      problems: [error.message],
      error,
    };
  }
  const store = await query.store();
  const { mode, facts, problems, error } = understand(credential, query);
  return {
    usable: error === undefined,
    mode,
    source: credential.source,
    provider: provider.id,
    baseUrl: provider.baseUrl ?? defaultBaseUrl(mode),
    canRenew: false,
    ...facts,
    shadowed: await shadowedBy(credential.source, store, query),
    problems: [...problems, ...await modeProblem(store.source)],
    ...(error === undefined ? {} : { error }),
  };
}

/** An API key that can be recognised and not used: first eight, last five; nothing of a short one. */
export function maskKey(key: string): string {
  return key.length <= 13 ? "***" : `${key.slice(0, 8)}***${key.slice(-5)}`;
}

interface Understood {
  readonly mode: AuthMode;
  readonly facts: Partial<AuthStatus>;
  readonly problems: readonly string[];
  readonly error?: CulvertError;
}

function understand(credential: Credential, query: StatusQuery): Understood {
  switch (credential.kind) {
    case "bearer":
      return { mode: "apikey", facts: { key: maskKey(credential.token) }, problems: [] };
    case "command":
      return { mode: "apikey", facts: { canRenew: true }, problems: [] };
    case "personal_access_token":
      return { mode: "personalAccessToken", facts: { key: maskKey(credential.token) }, problems: [] };
    case "agent_identity":
      return { mode: "agentIdentity", facts: identityFacts(credential.identity), problems: [] };
    case "managed":
      return ofLogin(credential.record, credential.source, query);
    case "none":
      return { mode: "none", facts: {}, problems: [] };
  }
}

function identityFacts(identity: string | Readonly<Record<string, unknown>>): Partial<AuthStatus> {
  const expiresAt = typeof identity === "string" ? readClaims(identity)?.expiresAt : undefined;
  return expiresAt === undefined ? {} : { expiresAt };
}

function ofLogin(record: AuthRecord, source: CredentialSource, { world }: StatusQuery): Understood {
  const claims = idClaims(record);
  const account = accountOf(record);
  const expiresAt = expiryOf(record);
  const canRenew = record.tokens?.refreshToken !== "";
  const facts: Partial<AuthStatus> = {
    canRenew,
    ...(claims?.email === undefined ? {} : { email: claims.email }),
    ...(account === undefined ? {} : { accountTail: account.slice(-4) }),
    ...(claims?.planType === undefined ? {} : { plan: planOf(claims.planType).name }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(record.lastRefresh === undefined ? {} : { lastRefresh: record.lastRefresh }),
  };
  if (!isExpired(record, world.now())) return { mode: "chatgpt", facts, problems: [] };
  if (canRenew) {
    return {
      mode: "chatgpt",
      facts,
      problems: ["The access token has expired; it is renewed at the next request"],
    };
  }
  const message = `The access token in ${source.name} has expired, and there is no refresh token`;
  const error = new CulvertError("auth_refresh_failed", message, {
    hint: "Sign in again: culvert auth login",
  });
  return { mode: "chatgpt", facts, problems: [message], error };
}

async function shadowedBy(
  source: CredentialSource,
  store: CredentialStore,
  { provider, world }: StatusQuery,
): Promise<readonly string[]> {
  const variables = [
    ...keyVariablesFor(provider),
    ...(provider.requiresOpenAiAuth ? [ACCESS_TOKEN_VARIABLE] : []),
  ];
  const set = variables.filter((name) => name !== source.name && (world.env(name) ?? "").trim() !== "");
  // A keyring may ask a person for its password, which is too much to ask for a remark.
  if (isStored(source) || store.source.kind !== "file" || !provider.requiresOpenAiAuth) return set;
  try {
    return await store.read() === undefined ? set : [...set, store.source.name];
  } catch (error) {
    // It is there, whatever is wrong with it.
    if (error instanceof CulvertError) return [...set, store.source.name];
    throw error;
  }
}

function isStored({ kind }: CredentialSource): boolean {
  return kind === "file" || kind === "keyring" || kind === "memory";
}

async function modeProblem({ kind, name: path }: CredentialSource): Promise<readonly string[]> {
  if (kind !== "file" || Deno.build.os === "windows") return [];
  try {
    const mode = (await Deno.stat(path)).mode ?? 0;
    if ((mode & 0o077) === 0) return [];
    return [
      `${path} can be read by others (mode ${(mode & 0o777).toString(8)}): chmod 600 ${path}`,
    ];
  } catch (error) {
    if (error instanceof Error) return [];
    throw error;
  }
}
