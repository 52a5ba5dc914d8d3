/**
 * Opens the store that the configuration names.
 *
 * @module
 */
import type { LoginStorage } from "../../config/settings.ts";
import type { Warning } from "../../warning.ts";
import type { World } from "../../world/world.ts";
import type { CredentialStore } from "../credential_store.ts";

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

/**
 * Opens it. Nothing is read yet, and no other program is started.
 */
export async function openStore(options: StoreOptions): Promise<CredentialStore> {
  const { loginStorage } = options;
  if (loginStorage !== undefined) {
    const { configuredStore } = await import("./configured_store.ts");
    return await configuredStore(options, loginStorage);
  }
  const { AuthFile } = await import("./auth_file.ts");
  return new AuthFile(options);
}
