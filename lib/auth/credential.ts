/**
 * Which credential is used: the order of the sources, and nothing about what is done with the one that wins.
 *
 * @module
 */
import { absolutePath } from "../absolute_path.ts";
import type { CommandAuth, Provider } from "../config/provider.ts";
import { CulvertError } from "../errors.ts";
import type { World } from "../world.ts";
import type { AuthFile } from "./auth_file.ts";
import type { AuthRecord } from "./auth_record.ts";
import type { CredentialSource } from "./authenticator.ts";

/** The credential that won. Secret. */
export type Credential =
  | { readonly kind: "bearer"; readonly token: string; readonly source: CredentialSource }
  | { readonly kind: "command"; readonly auth: CommandAuth; readonly source: CredentialSource }
  | { readonly kind: "personal_access_token"; readonly token: string; readonly source: CredentialSource }
  | {
    readonly kind: "agent_identity";
    readonly identity: string | Readonly<Record<string, unknown>>;
    readonly source: CredentialSource;
  }
  | { readonly kind: "managed"; readonly record: AuthRecord; readonly source: CredentialSource }
  | { readonly kind: "none"; readonly source: CredentialSource };

/** What the choice depends on. */
export interface CredentialQuery {
  readonly provider: Provider;
  /** From `--api-key-file`: a path as typed. */
  readonly apiKeyFile?: string;
  readonly world: Pick<World, "env" | "cwd">;
  readonly file: AuthFile;
}

/** Variables that hold an API key, in order. */
export const API_KEY_VARIABLES = ["CULVERT_API_KEY", "CODEX_API_KEY", "OPENAI_API_KEY"] as const;
/** The variable that holds a personal access token (`at-…`) or the JWT of an agent identity. */
export const ACCESS_TOKEN_VARIABLE = "CODEX_ACCESS_TOKEN";
const NONE: CredentialSource = { kind: "none", name: "none" };
const ALL_WAYS =
  "Any of these will do: culvert auth login (ChatGPT), culvert auth login --api-key (key on stdin), " +
  "--api-key-file FILE, or one of the variables CULVERT_API_KEY, CODEX_API_KEY, OPENAI_API_KEY, CODEX_ACCESS_TOKEN.";

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
 * `auth.json`.
 *
 * @throws CulvertError `auth_missing` naming every way to give one; `input_unreadable` for the key file;
 *   `auth_storage` for a broken `auth.json`
 */
export async function findCredential(query: CredentialQuery): Promise<Credential> {
  const { provider, world, apiKeyFile } = query;
  if (apiKeyFile !== undefined) return await keyOfFile(apiKeyFile, world.cwd());
  const own = providerCredential(provider, world);
  if (own !== undefined) return own;
  for (const name of keyVariablesFor(provider)) {
    const token = variable(world, name);
    if (token !== undefined) return { kind: "bearer", token, source: { kind: "env", name } };
  }
  if (!provider.requiresOpenAiAuth) return { kind: "none", source: NONE };
  const accessToken = variable(world, ACCESS_TOKEN_VARIABLE);
  if (accessToken !== undefined) return ofAccessToken(accessToken);
  return await storedCredential(query.file);
}

/** The credential in `auth.json`. @throws CulvertError `auth_missing`, `auth_storage` */
export async function storedCredential(file: AuthFile): Promise<Credential> {
  const source: CredentialSource = { kind: "file", name: file.path };
  const record = await file.read();
  if (record?.mode === "chatgpt" && record.tokens !== undefined && record.tokens.accessToken !== "") {
    return { kind: "managed", record, source };
  }
  if (record?.mode === "apikey" && (record.apiKey ?? "").trim() !== "") {
    return { kind: "bearer", token: headerValue(record.apiKey ?? "", file.path), source };
  }
  if (record?.mode === "personalAccessToken" && record.personalAccessToken !== undefined) {
    return {
      kind: "personal_access_token",
      token: headerValue(record.personalAccessToken, file.path),
      source,
    };
  }
  if (record?.mode === "agentIdentity" && record.agentIdentity !== undefined) {
    return { kind: "agent_identity", identity: record.agentIdentity, source };
  }
  if (record?.mode === "bedrockApiKey") {
    throw new CulvertError("auth_missing", `The credential in ${file.path} is for Amazon Bedrock only`, {
      hint: ALL_WAYS,
      details: { path: file.path, mode: record.mode },
    });
  }
  const what = record === undefined
    ? "there is no auth.json"
    : "auth.json lacks what its mode says it should hold";
  throw new CulvertError("auth_missing", `No credential was found: no key in the environment, and ${what}`, {
    hint: ALL_WAYS,
    details: { path: file.path, variables: [...API_KEY_VARIABLES, ACCESS_TOKEN_VARIABLE] },
  });
}

/** Whether and how a value can stand in a header. @throws CulvertError `auth_missing` naming the source */
export function headerValue(text: string, sourceName: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  const problem = token === ""
    ? "it is empty"
    : "it holds spaces, line breaks or other characters no token has";
  throw new CulvertError("auth_missing", `Cannot use the credential from ${sourceName}: ${problem}`, {
    hint: "Give the bare token, without quotes, labels or further lines.",
    details: { source: sourceName },
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
  return token.startsWith("at-")
    ? { kind: "personal_access_token", token, source }
    : { kind: "agent_identity", identity: token, source };
}

/** Trimmed; empty counts as unset. */
function variable(world: Pick<World, "env">, name: string): string | undefined {
  const value = world.env(name)?.trim();
  return value === undefined || value === "" ? undefined : headerValue(value, name);
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
