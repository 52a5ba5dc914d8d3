/**
 * Opens the store that the configuration names.
 *
 * @module
 */
import type { LoginStorage } from "../../config/settings.ts";
import type { Warning } from "../../warning.ts";
import type { World } from "../../world/world.ts";
import type { CredentialStore } from "../credential_store.ts";

/** Options of {@link openStore}. */
interface StoreOptions {
  /** `CODEX_HOME`, absolute. */
  readonly codexHome: string;
  /** From `cli_auth_credentials_store`. Default: `auth.json`. */
  readonly loginStorage?: LoginStorage | undefined;
  readonly world: World;
  /** Receives what differs from the configuration, such as a keyring that cannot be used. */
  readonly warn: (warning: Warning) => void;
}

/** Opens the store. Reads nothing and starts no other program. */
export async function openStore(options: StoreOptions): Promise<CredentialStore> {
  const { codexHome, world, warn, loginStorage } = options;
  const { AuthFile } = await import("./auth_file.ts");
  const file = new AuthFile({ codexHome, world });
  if (loginStorage === undefined) return file;
  const { loginEntry, secretsEntry } = await import("./keyring/keyring.ts");
  const entry = await loginEntry(codexHome);
  if (loginStorage.store === "ephemeral") {
    const { EphemeralStore } = await import("./ephemeral_store.ts");
    return new EphemeralStore({ codexHome, key: entry.account, world });
  }
  const { systemKeyring } = await import("./keyring/system_keyring.ts");
  const parts = { codexHome, keyring: systemKeyring(Deno.build.os, world), entry, file, world, warn };
  const inKeyring = await openKeyringStore();
  if (loginStorage.store === "keyring") return inKeyring;
  const { AutoStore } = await import("./auto_store.ts");
  return new AutoStore({ inKeyring, file, world, warn });

  async function openKeyringStore() {
    if (loginStorage?.inSecrets === true) {
      const { SecretsStore } = await import("./keyring/secrets_store.ts");
      return new SecretsStore({ ...parts, passphraseEntry: await secretsEntry(codexHome) });
    }
    const { KeyringStore } = await import("./keyring/keyring_store.ts");
    return new KeyringStore(parts);
  }
}
