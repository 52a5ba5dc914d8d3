/**
 * Finds the credential to use. This module decides the order of the sources only.
 *
 * @module
 */
import { checkValue } from "../../config/environment/variable_value.ts";
import type { Provider } from "../../config/provider.ts";
import type { LoginPolicy } from "../../config/settings.ts";
import { CulvertError, handleFailure } from "../../errors.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { World } from "../../world/world.ts";
import { type CredentialSource, NO_SOURCE } from "../authenticator.ts";
import {
  ACCESS_TOKEN_VARIABLE,
  API_KEY_VARIABLES,
  type Credential,
  headerValue,
  PERSONAL_TOKEN_PREFIX,
} from "../credential.ts";
import type { CredentialStore } from "../store/credential_store.ts";
import { raceAbort } from "../../async/race_abort.ts";
import { fileProblem, readBounded, readWithinLimits } from "../../files/read_file.ts";
import { forbidden, objection } from "./login_policy.ts";

/** What the choice depends on. */
export interface CredentialQuery {
  readonly provider: Provider;
  /** From `--api-key-file`: a path as typed. */
  readonly apiKeyFile?: string | undefined;
  /** Restrictions on a login at OpenAI. */
  readonly loginPolicy?: LoginPolicy | undefined;
  readonly world: Pick<World, "env" | "cwd" | "sleep">;
  /** Opens the store; called only where no other source has a credential. */
  readonly store: () => Promise<CredentialStore>;
  /** Ends the wait for a keyring that asks the user for a password. */
  readonly signal?: AbortSignal | undefined;
}

/** Largest key file, bytes. */
const KEY_FILE_LIMIT_BYTES = 64 * 1024;
/** Time that a key may take to come through a pipe: a program that keeps secrets may ask the user first, ms. */
const KEY_PIPE_LIMIT_MS = 60_000;
/** `details.problem` where no credential is stored. */
export const NOT_STORED = "not_stored";
const ALL_WAYS =
  "Use one of these: culvert auth login (ChatGPT), culvert auth login --api-key (key on stdin), " +
  "culvert auth login --access-token (token on stdin), --api-key-file FILE, or one of the variables " +
  "CULVERT_API_KEY, CODEX_API_KEY, OPENAI_API_KEY, CODEX_ACCESS_TOKEN.";

/**
 * Returns the variables whose keys may be sent to a provider. A key of OpenAI must not be sent to a server that the
 * user did not name for it: a configured provider gets `CULVERT_API_KEY` alone, a bare `--base-url` (typed with the
 * command) gets all, and the local model servers get none.
 */
export function keyVariablesFor(provider: Provider): readonly string[] {
  if (provider.requiresOpenAiAuth || provider.id === "custom") return API_KEY_VARIABLES;
  if (["ollama", "lmstudio", "demo"].includes(provider.id)) return [];
  return ["CULVERT_API_KEY"];
}

/**
 * Finds the credential: `--api-key-file`, then the provider's own configuration, then the environment, then the
 * store. A variable whose credential the configuration forbids is skipped.
 *
 * @throws CulvertError `auth_missing`, naming every way to provide one or the setting that forbids it;
 *   `input_unreadable` for the key file; `auth_storage` for the store; the signal's reason
 */
export async function findCredential(query: CredentialQuery): Promise<Credential> {
  const { provider, world, apiKeyFile } = query;
  const policy = provider.requiresOpenAiAuth ? query.loginPolicy : undefined;
  if (apiKeyFile !== undefined) return allowed(await fromKeyFile(apiKeyFile, query), policy);
  const configured = fromProvider(provider, world);
  if (configured !== undefined) return configured;
  let skipped: CulvertError | undefined;
  for (const credential of fromVariables(provider, world)) {
    const refusal = refusalOf(credential, policy);
    if (refusal === undefined) return credential;
    skipped ??= refusal;
  }
  if (!provider.requiresOpenAiAuth) return { kind: "none", source: NO_SOURCE };
  return await handleFailure(storedCredential(await query.store(), policy, query.signal), (failure) => {
    // A forbidden variable explains more than a missing login.
    throw failure.details["problem"] === NOT_STORED ? skipped ?? failure : failure;
  });
}

/**
 * Returns the stored credential.
 *
 * @throws CulvertError `auth_missing`, `auth_storage`; the signal's reason
 */
export async function storedCredential(
  store: CredentialStore,
  policy?: LoginPolicy,
  signal?: AbortSignal,
): Promise<Credential> {
  return allowed(await readStored(store, signal), policy);
}

/**
 * Removes the stored login if it is still a forbidden one, as the codex client does (0.171.0). It is not revoked, since
 * that takes a request.
 *
 * @param isForbidden judges the credential that is stored now
 * @returns whether it was removed
 * @throws CulvertError `auth_storage`
 */
export async function removeForbidden(
  store: CredentialStore,
  isForbidden: (credential: Credential) => boolean,
): Promise<boolean> {
  using _lock = await store.lock();
  const stored = await handleFailure(storedCredential(store), (failure) => {
    if (failure.code !== "auth_missing") throw failure;
    // Another process removed it.
  });
  return stored !== undefined && isForbidden(stored) && await store.remove();
}

/** @throws CulvertError `auth_missing` for a credential that the configuration forbids */
function allowed(credential: Credential, policy: LoginPolicy | undefined): Credential {
  const refusal = refusalOf(credential, policy);
  if (refusal !== undefined) throw refusal;
  return credential;
}

function refusalOf(credential: Credential, policy: LoginPolicy | undefined): CulvertError | undefined {
  const setting = objection(policy, credential);
  const { name } = credential.source;
  return setting === undefined ? undefined : forbidden(`the credential from ${name}`, setting, name);
}

async function readStored(store: CredentialStore, signal: AbortSignal | undefined): Promise<Credential> {
  const record = await store.read(signal);
  const { source } = store;
  const token = (text: string) => headerValue(text, source.name);
  switch (record?.mode) {
    case "chatgpt":
      if ((record.tokens?.accessToken ?? "") !== "") return { kind: "managed", record, source };
      break;
    case "apikey":
      if ((record.apiKey ?? "").trim() === "") break;
      return { kind: "bearer", token: token(record.apiKey ?? ""), source };
    case "personalAccessToken":
      if (record.personalAccessToken === undefined) break;
      return { kind: "personal_access_token", token: token(record.personalAccessToken), source };
    case "agentIdentity":
      if (record.agentIdentity === undefined) break;
      return { kind: "agent_identity", identity: record.agentIdentity, source };
    case "bedrockApiKey":
      throw new CulvertError("auth_missing", `The credential in ${source.name} is for Amazon Bedrock only`, {
        hint: ALL_WAYS,
        details: { path: source.name, mode: record.mode },
      });
  }
  const what = record === undefined
    ? store.absence
    : `${
      source.kind === "file" ? "auth.json" : source.name
    } does not contain the values that its mode requires`;
  throw new CulvertError("auth_missing", `No credential was found: no key in the environment, and ${what}`, {
    hint: ALL_WAYS,
    details: {
      problem: NOT_STORED,
      path: source.name,
      variables: [...API_KEY_VARIABLES, ACCESS_TOKEN_VARIABLE],
    },
  });
}

function* fromVariables(provider: Provider, world: Pick<World, "env">): Generator<Credential> {
  for (const name of keyVariablesFor(provider)) {
    const token = variable(world, name);
    if (token !== undefined) yield { kind: "bearer", token, source: { kind: "env", name } };
  }
  const token = provider.requiresOpenAiAuth ? variable(world, ACCESS_TOKEN_VARIABLE) : undefined;
  if (token === undefined) return;
  const source: CredentialSource = { kind: "env", name: ACCESS_TOKEN_VARIABLE };
  yield token.startsWith(PERSONAL_TOKEN_PREFIX)
    ? { kind: "personal_access_token", token, source }
    : { kind: "agent_identity", identity: token, source };
}

function fromProvider(provider: Provider, world: Pick<World, "env">): Credential | undefined {
  const { id, commandAuth, envKey, bearerToken } = provider;
  if (commandAuth !== undefined) {
    return { kind: "command", auth: commandAuth, source: { kind: "command", name: commandAuth.command } };
  }
  if (envKey !== undefined) {
    const token = variable(world, envKey);
    if (token !== undefined) return { kind: "bearer", token, source: { kind: "provider_env", name: envKey } };
    throw new CulvertError("auth_missing", `The provider "${id}" needs a key in ${envKey}`, {
      hint: provider.envKeyInstructions ?? `Set ${envKey}; it is unset or empty.`,
      details: { variable: envKey, provider: id },
    });
  }
  if (bearerToken === undefined) return undefined;
  const name = `experimental_bearer_token of provider "${id}"`;
  return { kind: "bearer", token: headerValue(bearerToken, name), source: { kind: "provider_token", name } };
}

/** Reads a variable. A blank one counts as unset. */
function variable(world: Pick<World, "env">, name: string): string | undefined {
  const value = world.env(name)?.trim();
  if (value === undefined || value === "") return undefined;
  checkValue(name, value, "auth_missing");
  return headerValue(value, name);
}

async function fromKeyFile(path: string, { signal, world }: CredentialQuery): Promise<Credential> {
  const absolute = absolutePath(path, world.cwd());
  let text: string;
  try {
    const read = () => readBounded(absolute, KEY_FILE_LIMIT_BYTES);
    const limits = { sleep: world.sleep, limitMs: KEY_PIPE_LIMIT_MS };
    text = new TextDecoder().decode(await raceAbort(readWithinLimits(absolute, read, limits), signal));
  } catch (cause) {
    signal?.throwIfAborted();
    const message = `Cannot read the API key file ${absolute}: ${fileProblem(cause)}`;
    throw new CulvertError("input_unreadable", message, {
      hint: "Check the path given to --api-key-file.",
      details: { path: absolute },
      cause,
    });
  }
  const source: CredentialSource = { kind: "flag", name: `--api-key-file ${absolute}` };
  return { kind: "bearer", token: headerValue(text, absolute), source };
}
