/**
 * Opens the store that the configuration names.
 *
 * @module
 */
import type { LoginStorage } from "../../config/settings.ts";
import type { Warning } from "../../warning.ts";
import type { World } from "../../world/world.ts";
import type { CredentialStore } from "./credential_store.ts";

/** Whose store, and which. */
export interface StoreOptions {
  /** `CODEX_HOME`, absolute. */
  readonly codexHome: string;
  /** Absent: `auth.json`. */
  readonly loginStorage?: LoginStorage | undefined;
  readonly world: World;
  /** Told of what is not as the configuration wants it. */
  readonly warn: (warning: Warning) => void;
}

/** Modules that one kind of store needs each, and how to come by them. */
export interface StoreModules {
  readonly authFile: () => Promise<typeof import("./auth_file.ts")>;
  readonly configuredStore: () => Promise<typeof import("./configured_store.ts")>;
}

/**
 * Opens it. Nothing is read yet, and no other program is started.
 *
 * @param modules how to load what that store needs
 */
export async function openStore(options: StoreOptions, modules: StoreModules): Promise<CredentialStore> {
  const { loginStorage } = options;
  if (loginStorage !== undefined) {
    const { configuredStore } = await modules.configuredStore();
    return await configuredStore(options, loginStorage);
  }
  const { AuthFile } = await modules.authFile();
  return new AuthFile(options);
}
