/**
 * Collects the secrets in use, for the redactor of the report. No secret should reach the report; the redactor is the
 * last safeguard.
 *
 * @module
 */
import { ACCESS_TOKEN_VARIABLE, API_KEY_VARIABLES } from "../../auth/credential.ts";
import type { CredentialStore } from "../../auth/store/credential_store.ts";
import type { Settings } from "../../config/settings.ts";
import { secretsAround } from "../../redaction/environment_secrets.ts";
import { CulvertError } from "../../errors.ts";
import { readRegularFile } from "../../files/read_file.ts";
import type { World } from "../../world/world.ts";

/** Largest key file, bytes. */
const KEY_FILE_LIMIT_BYTES = 64 * 1024;

/**
 * Minimum length of a secret: shorter texts are not secrets, and removing them would make the report
 * unreadable.
 */
const SHORTEST = 8;
/** Keys of `auth.json` whose values are reported: support finds a refused agent by its ids. */
const OPEN_KEYS = ["agent_runtime_id", "task_id"];

/**
 * Collects the secrets of the environment, the configuration, the stored login and the proxy addresses.
 *
 * @throws the signal's reason
 */
export async function secretsOf(
  settings: Settings,
  world: World,
  store: CredentialStore,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { provider, apiKeyFile, proxy } = settings;
  const variables = [
    ...API_KEY_VARIABLES,
    ACCESS_TOKEN_VARIABLE,
    ...(provider.envKey ? [provider.envKey] : []),
  ];
  return [
    ...secretsAround(world.env, proxy === undefined ? [] : [proxy]).forms,
    ...variables.map((name) => world.env(name) ?? ""),
    // Some users write the key in place of the name of its variable.
    ...[provider.envKey ?? "", provider.bearerToken ?? ""],
    ...Object.values(provider.headers),
    ...Object.values(provider.queryParams),
    ...await stored(store, signal),
    ...await keyIn(apiKeyFile),
  ].map((text) => text.trim()).filter((text) => text.length >= SHORTEST);
}

async function stored(store: CredentialStore, signal: AbortSignal): Promise<readonly string[]> {
  try {
    return textsOf((await store.read(signal))?.raw).filter((text) => text.length > 16);
  } catch (error) {
    // A file that cannot be read cannot be part of the report.
    if (error instanceof CulvertError && !signal.aborted) return [];
    throw error;
  }
}

async function keyIn(path: string | undefined): Promise<readonly string[]> {
  if (path === undefined) return [];
  try {
    // The key of a pipe has already been read by the credential; its other content is not known.
    return [new TextDecoder().decode(await readRegularFile(path, KEY_FILE_LIMIT_BYTES))];
  } catch (error) {
    if (error instanceof Error) return [];
    throw error;
  }
}

/** Returns every text in a value, at any depth. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => OPEN_KEYS.includes(key) ? [] : textsOf(entry));
}
