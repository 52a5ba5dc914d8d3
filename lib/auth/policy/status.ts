/**
 * The state of the credential that the next request would use. Sends no request.
 *
 * @module
 */
import type { Provider } from "../../config/provider.ts";
import { CulvertError, handleFailure } from "../../errors.ts";
import type { World } from "../../world/world.ts";
import { defaultBaseUrl } from "../auth_headers.ts";
import { accountOf, type AuthRecord, expiryOf, idClaims, isExpired } from "../auth_record.ts";
import { type AuthMode, type CredentialSource, NO_SOURCE } from "../authenticator.ts";
import { ACCESS_TOKEN_VARIABLE, type Credential, MODES } from "../credential.ts";
import type { CredentialStore } from "../store/credential_store.ts";
import { defined } from "../../text/json.ts";
import { readClaims } from "../jwt_claims.ts";
import { type CredentialQuery, findCredential, keyVariablesFor } from "./find_credential.ts";
import { planName } from "./plan.ts";

/** The state of the credential. Contains no secret, and no whole account id. */
export interface AuthStatus {
  readonly usable: boolean;
  readonly mode: AuthMode;
  readonly source: CredentialSource;
  readonly provider: string;
  readonly baseUrl: string;
  /** A masked API key, such as `sk-proj-***vwxyz`. */
  readonly key?: string;
  readonly email?: string;
  /** The last four characters of the account id. */
  readonly accountTail?: string;
  readonly plan?: string;
  /** ms since 1970. */
  readonly expiresAt?: number;
  /** ms since 1970. */
  readonly lastRefresh?: number;
  /** Whether an expired token can be renewed. */
  readonly canRenew: boolean;
  /** Other sources that contain a credential, which is not used. */
  readonly shadowed: readonly string[];
  /** Why it is not usable, and what is unusual about it. */
  readonly problems: readonly string[];
  /** Set where it is not usable. */
  readonly error?: CulvertError;
}

type StatusQuery = CredentialQuery & { readonly world: World };

/** Returns the status; a credential that cannot be found is a status too. @throws the signal's reason */
export async function authStatus(query: StatusQuery): Promise<AuthStatus> {
  const { provider } = query;
  let found: Pick<AuthStatus, "mode" | "source"> & Partial<AuthStatus>;
  let shadowed: readonly string[] = [];
  let problems: readonly string[] = [];
  try {
    const credential = await findCredential(query);
    const store = await query.store();
    found = { ...describe(credential, query), mode: MODES[credential.kind], source: credential.source };
    shadowed = await shadowedBy(credential.source, store, query);
    problems = await modeProblem(store.source);
  } catch (error) {
    if (!(error instanceof CulvertError) || query.signal?.aborted === true) throw error;
    found = { mode: "none", source: NO_SOURCE, error };
  }
  const error = found.error ?? unsetHeaders(provider, found.mode);
  return {
    provider: provider.id,
    baseUrl: provider.baseUrl ?? defaultBaseUrl(found.mode),
    canRenew: false,
    ...found,
    ...(error === undefined ? {} : { error }),
    usable: error === undefined,
    shadowed,
    problems: [...error === undefined ? [] : [error.message], ...found.problems ?? [], ...problems],
  };
}

/** Masks an API key: the first eight and the last five characters stay, and nothing of a short one. */
function maskKey(key: string): string {
  return key.length <= 13 ? "***" : `${key.slice(0, 8)}***${key.slice(-5)}`;
}

function describe(credential: Credential, { world }: StatusQuery): Partial<AuthStatus> {
  switch (credential.kind) {
    case "bearer":
    case "personal_access_token":
      return { key: maskKey(credential.token) };
    case "command":
      return { canRenew: true };
    case "agent_identity": {
      const { identity } = credential;
      return defined({
        expiresAt: typeof identity === "string" ? readClaims(identity)?.expiresAt : undefined,
      });
    }
    case "managed":
      return describeLogin(credential.record, credential.source, world.now());
    case "none":
      return {};
  }
}

function describeLogin(record: AuthRecord, source: CredentialSource, now: number): Partial<AuthStatus> {
  const claims = idClaims(record);
  const canRenew = record.tokens?.refreshToken !== "";
  const found: Partial<AuthStatus> = {
    canRenew,
    ...defined({
      email: claims?.email,
      accountTail: accountOf(record)?.slice(-4),
      plan: claims?.planType === undefined ? undefined : planName(claims.planType),
      expiresAt: expiryOf(record),
      lastRefresh: record.lastRefresh,
    }),
  };
  if (!isExpired(record, now)) return found;
  if (canRenew) {
    return { ...found, problems: ["The access token has expired; the next request renews it"] };
  }
  const message = `The access token in ${source.name} has expired, and there is no refresh token`;
  const hint = "Sign in again: culvert auth login";
  return { ...found, error: new CulvertError("auth_refresh_failed", message, { hint }) };
}

/** Returns the error of a provider whose only credential would come from unset variables of `env_http_headers`. */
export function unsetHeaders(provider: Provider, mode: AuthMode): CulvertError | undefined {
  const names = provider.unsetHeaderVariables ?? [];
  if (mode !== "none" || names.length === 0) return undefined;
  const message = `The provider "${provider.id}" reads headers from ${names.join(", ")}, which ` +
    (names.length === 1 ? "is unset or empty" : "are unset or empty");
  return new CulvertError("auth_missing", message, {
    hint: `Set ${names.join(" and ")}, or remove env_http_headers from config.toml.`,
    details: { variables: names, provider: provider.id },
  });
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
  const isStored = ["file", "keyring", "memory"].includes(source.kind);
  // A keyring might ask the user for its password.
  if (isStored || store.source.kind !== "file" || !provider.requiresOpenAiAuth) return set;
  // A file that cannot be read is one too.
  const isEmpty = await handleFailure(store.read(), (failure) => failure) === undefined;
  return isEmpty ? set : [...set, store.source.name];
}

/** Returns what is wrong with the mode of a file. Whether it can be read is reported by the store. */
async function modeProblem({ kind, name: path }: CredentialSource): Promise<readonly string[]> {
  if (kind !== "file" || Deno.build.os === "windows") return [];
  const mode = (await Deno.stat(path).catch(() => undefined))?.mode ?? 0;
  if ((mode & 0o077) === 0) return [];
  return [`Other users can read ${path} (mode ${(mode & 0o777).toString(8)}): chmod 600 ${path}`];
}
