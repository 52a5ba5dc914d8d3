/**
 * Which credential is used: the order of the sources, and nothing about what is done with the one that wins.
 *
 * @module
 */
import { absolutePath } from "../../world/absolute_path.ts";
import { checkValue } from "../../config/environment/variable_value.ts";
import type { Provider } from "../../config/provider.ts";
import type { LoginPolicy } from "../../config/settings.ts";
import { CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";
import {
  ACCESS_TOKEN_VARIABLE,
  API_KEY_VARIABLES,
  type Credential,
  headerValue,
  PERSONAL_TOKEN_PREFIX,
} from "../credential.ts";
import type { CredentialSource } from "../authenticator.ts";
import type { CredentialStore } from "../credential_store.ts";
import { forbidden, objection } from "./login_policy.ts";

/** What the choice depends on. */
export interface CredentialQuery {
  readonly provider: Provider;
  /** From `--api-key-file`: a path as typed. */
  readonly apiKeyFile?: string;
  /** What the configuration demands of a login at OpenAI. */
  readonly loginPolicy?: LoginPolicy | undefined;
  readonly world: Pick<World, "env" | "cwd">;
  /** Opened only where no other source has a credential. */
  readonly store: () => Promise<CredentialStore>;
  /** Ends the wait for a store that has a question for a person. */
  readonly signal?: AbortSignal | undefined;
}

const NONE: CredentialSource = { kind: "none", name: "none" };
/** `details.problem` where no credential is stored. */
const NOT_STORED = "not_stored";
const ALL_WAYS =
  "Any of these will do: culvert auth login (ChatGPT), culvert auth login --api-key (key on stdin), " +
  "culvert auth login --access-token (token on stdin), --api-key-file FILE, or one of the variables CULVERT_API_KEY, CODEX_API_KEY, OPENAI_API_KEY, CODEX_ACCESS_TOKEN.";

/**
 * Which variables may be sent to a provider. A key of OpenAI's must not leave for a server that did not ask for
 * it: a provider of the user's own gets `CULVERT_API_KEY` alone, which is named after this program and nobody
 * else; a bare `--base-url` was typed together with the command and gets the usual order; the local model
 * servers get nothing.
 */
export function keyVariablesFor(provider: Provider): readonly string[] {
  if (provider.requiresOpenAiAuth || provider.id === "custom") return API_KEY_VARIABLES;
  if (["ollama", "lmstudio", "demo"].includes(provider.id)) return [];
  return ["CULVERT_API_KEY"];
}

/**
 * Finds the credential: `--api-key-file`, then what the provider itself brings, then the environment, then
 * the store. A variable whose credential the configuration does not allow is passed over.
 *
 * @throws CulvertError `auth_missing` naming every way to give one, or the demand that is not met; `input_unreadable` for the key file;
 *   `auth_storage` for a store that cannot be read; the signal's reason
 */
export async function findCredential(query: CredentialQuery): Promise<Credential> {
  const { provider, world, apiKeyFile } = query;
  const policy = provider.requiresOpenAiAuth ? query.loginPolicy : undefined;
  if (apiKeyFile !== undefined) return allowed(await keyOfFile(apiKeyFile, world.cwd()), policy);
  const own = providerCredential(provider, world);
  if (own !== undefined) return own;
  let passedOver: CulvertError | undefined;
  for (const credential of ofVariables(provider, world)) {
    try {
      return allowed(credential, policy);
    } catch (error) {
      if (!(error instanceof CulvertError)) throw error;
      passedOver ??= error;
    }
  }
  if (!provider.requiresOpenAiAuth) return { kind: "none", source: NONE };
  try {
    return await storedCredential(await query.store(), policy, query.signal);
  } catch (error) {
    const isMissing = error instanceof CulvertError && error.details["problem"] === NOT_STORED;
    // What is set and not allowed explains more than what is not there.
    throw isMissing && passedOver !== undefined ? passedOver : error;
  }
}

/** The credentials in the environment, in order. */
function* ofVariables(provider: Provider, world: Pick<World, "env">): Generator<Credential> {
  for (const name of keyVariablesFor(provider)) {
    const token = variable(world, name);
    if (token !== undefined) yield { kind: "bearer", token, source: { kind: "env", name } };
  }
  const accessToken = provider.requiresOpenAiAuth ? variable(world, ACCESS_TOKEN_VARIABLE) : undefined;
  if (accessToken !== undefined) yield ofAccessToken(accessToken);
}

/** The credential, if the configuration allows it. @throws CulvertError `auth_missing` if not */
function allowed(credential: Credential, policy: LoginPolicy | undefined): Credential {
  const demand = objection(policy, credential);
  if (demand === undefined) return credential;
  throw forbidden(`the credential from ${credential.source.name}`, demand, credential.source.name);
}

/**
 * The stored credential.
 *
 * @param policy what the configuration demands of it
 * @throws CulvertError `auth_missing`, `auth_storage`; the signal's reason
 */
export async function storedCredential(
  store: CredentialStore,
  policy?: LoginPolicy,
  signal?: AbortSignal,
): Promise<Credential> {
  return allowed(await readStored(store, signal), policy);
}

async function readStored(store: CredentialStore, signal: AbortSignal | undefined): Promise<Credential> {
  const record = await store.read(signal);
  const { source } = store;
  if (record?.mode === "chatgpt" && record.tokens !== undefined && record.tokens.accessToken !== "") {
    return { kind: "managed", record, source };
  }
  if (record?.mode === "apikey" && (record.apiKey ?? "").trim() !== "") {
    return { kind: "bearer", token: headerValue(record.apiKey ?? "", source.name), source };
  }
  if (record?.mode === "personalAccessToken" && record.personalAccessToken !== undefined) {
    return {
      kind: "personal_access_token",
      token: headerValue(record.personalAccessToken, source.name),
      source,
    };
  }
  if (record?.mode === "agentIdentity" && record.agentIdentity !== undefined) {
    return { kind: "agent_identity", identity: record.agentIdentity, source };
  }
  if (record?.mode === "bedrockApiKey") {
    throw new CulvertError("auth_missing", `The credential in ${source.name} is for Amazon Bedrock only`, {
      hint: ALL_WAYS,
      details: { path: source.name, mode: record.mode },
    });
  }
  const what = record === undefined
    ? store.absence
    : `${source.kind === "file" ? "auth.json" : source.name} lacks what its mode says it should hold`;
  throw new CulvertError("auth_missing", `No credential was found: no key in the environment, and ${what}`, {
    hint: ALL_WAYS,
    details: {
      problem: NOT_STORED,
      path: source.name,
      variables: [...API_KEY_VARIABLES, ACCESS_TOKEN_VARIABLE],
    },
  });
}

function providerCredential(provider: Provider, world: Pick<World, "env">): Credential | undefined {
  if (provider.commandAuth !== undefined) {
    const source: CredentialSource = { kind: "command", name: provider.commandAuth.command };
    return { kind: "command", auth: provider.commandAuth, source };
  }
  if (provider.envKey !== undefined) {
    const token = variable(world, provider.envKey);
    if (token === undefined) {
      throw new CulvertError(
        "auth_missing",
        `The provider "${provider.id}" needs a key in ${provider.envKey}`,
        {
          hint: provider.envKeyInstructions ?? `Set ${provider.envKey}; it is unset or empty.`,
          details: { variable: provider.envKey, provider: provider.id },
        },
      );
    }
    return { kind: "bearer", token, source: { kind: "provider_env", name: provider.envKey } };
  }
  if (provider.bearerToken === undefined) return undefined;
  const name = `experimental_bearer_token of provider "${provider.id}"`;
  return {
    kind: "bearer",
    token: headerValue(provider.bearerToken, name),
    source: { kind: "provider_token", name },
  };
}

function ofAccessToken(token: string): Credential {
  const source: CredentialSource = { kind: "env", name: ACCESS_TOKEN_VARIABLE };
  return token.startsWith(PERSONAL_TOKEN_PREFIX)
    ? { kind: "personal_access_token", token, source }
    : { kind: "agent_identity", identity: token, source };
}

/** Trimmed; empty counts as unset. */
function variable(world: Pick<World, "env">, name: string): string | undefined {
  const value = world.env(name)?.trim();
  if (value === undefined || value === "") return undefined;
  checkValue(name, value, "auth_missing");
  return headerValue(value, name);
}

async function keyOfFile(path: string, cwd: string): Promise<Credential> {
  const absolute = absolutePath(path, cwd);
  let text: string;
  try {
    text = await Deno.readTextFile(absolute);
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound ? "no such file" : "it cannot be opened";
    throw new CulvertError("input_unreadable", `Cannot read the API key file ${absolute}: ${why}`, {
      hint: "Check the path given to --api-key-file.",
      details: { path: absolute },
      cause,
    });
  }
  return {
    kind: "bearer",
    token: headerValue(text, absolute),
    source: { kind: "flag", name: `--api-key-file ${absolute}` },
  };
}
