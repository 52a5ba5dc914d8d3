/**
 * Opens the store that the configuration names.
 *
 * @module
 */
import type { LoginStorage } from "../../config/settings.ts";
import type { Warning } from "../../warning.ts";
import type { World } from "../../world/world.ts";
import type { CredentialStore } from "./credential_store.ts";
import type { Keyring } from "./keyring/keyring.ts";

interface StoreOptions {
  /** `CODEX_HOME`, absolute. */
  readonly codexHome: string;
  /** From `cli_auth_credentials_store`. Default: `auth.json`. */
  readonly loginStorage?: LoginStorage | undefined;
  readonly world: World;
  /** Receives what differs from the configuration, such as a keyring that cannot be used. */
  readonly warn: (warning: Warning) => void;
  /** Default: that of the system. */
  readonly keyring?: Keyring;
}

/** Opens the store. Reads nothing and starts no other program. */
export async function openStore(options: StoreOptions): Promise<CredentialStore> {
  const { codexHome, world, warn, loginStorage } = options;
  const { authFile, fileStore, homeLock } = await import("./auth_file.ts");
  if (loginStorage === undefined) return fileStore(options);
  const { homeEntries } = await import("./keyring/keyring.ts");
  const entries = await homeEntries(codexHome);
  if (loginStorage.store === "ephemeral") {
    const { memoryStore } = await import("./memory_backend.ts");
    return memoryStore({ codexHome, key: entries.login.account, world });
  }
  const { systemKeyring } = await import("./keyring/system_keyring.ts");
  const { keyringBackend, withoutFile } = await import("./keyring/keyring_backend.ts");
  const { CredentialStore } = await import("./credential_store.ts");
  const keyring = options.keyring ?? systemKeyring(Deno.build.os, world);
  const parts = { codexHome, keyring, entries, world };
  const kept = loginStorage.inSecrets === true
    ? (await import("./keyring/secrets_backend.ts")).secretsBackend(parts)
    : keyringBackend(parts);
  const file = authFile(options);
  const backend = loginStorage.store === "keyring"
    ? withoutFile(kept, file, warn)
    : new (await import("./auto_backend.ts")).AutoBackend({ kept, file, world, warn });
  return new CredentialStore({ codexHome, backend, lock: homeLock(options) });
}
