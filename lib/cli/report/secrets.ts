/**
 * Every secret that might find its way into a report, so that it can be taken out again. None should get that
 * far; this is the last lock on the door.
 *
 * @module
 */
import { ACCESS_TOKEN_VARIABLE, API_KEY_VARIABLES } from "../../auth/credential.ts";
import type { CredentialStore } from "../../auth/credential_store.ts";
import type { Settings } from "../../config/settings.ts";
import { secretsAround } from "../../redaction/environment_secrets.ts";
import { CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";

/** Shorter texts are no secrets, and taking them out would maim the report. */
const SHORTEST = 8;
/** What stands in `auth.json` and is meant to be told: support finds a refused agent by its ids. */
const OPEN_KEYS = ["agent_runtime_id", "task_id"];

/**
 * Collects them: environment, configuration, stored login, proxy addresses, the home directory's name.
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
    // People have been seen to put the key where its name belongs.
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
    // It cannot be read, so nothing of it can be in the report.
    if (error instanceof CulvertError && !signal.aborted) return [];
    throw error;
  }
}

async function keyIn(path: string | undefined): Promise<readonly string[]> {
  if (path === undefined) return [];
  try {
    return [await Deno.readTextFile(path)];
  } catch (error) {
    if (error instanceof Error) return [];
    throw error;
  }
}

/** Every text in a value, however deep. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => OPEN_KEYS.includes(key) ? [] : textsOf(entry));
}
