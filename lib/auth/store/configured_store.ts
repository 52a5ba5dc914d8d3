/**
 * The stores that `cli_auth_credentials_store` can name beside the file.
 *
 * @module
 */
import type { LoginStorage } from "../../config/settings.ts";
import { AuthFile } from "./auth_file.ts";
import { AutoStore } from "./auto_store.ts";
import type { CredentialStore } from "../credential_store.ts";
import { EphemeralStore } from "./ephemeral_store.ts";
import { loginEntry, secretsEntry } from "./keyring/keyring.ts";
import { KeyringStore } from "./keyring/keyring_store.ts";
import type { StoreOptions } from "./open_store.ts";
import { SecretsStore } from "./keyring/secrets_store.ts";
import { systemKeyring } from "./keyring/system_keyring.ts";

/** Makes the store. */
export async function configuredStore(
  options: StoreOptions,
  { store, inSecrets }: LoginStorage,
): Promise<CredentialStore> {
  const { codexHome, world, warn } = options;
  const entry = await loginEntry(codexHome);
  if (store === "ephemeral") return new EphemeralStore({ codexHome, key: entry.account, world });
  const file = new AuthFile(options);
  const keyring = systemKeyring(Deno.build.os, world);
  const parts = { codexHome, keyring, entry, file, world, warn };
  const inKeyring = inSecrets
    ? new SecretsStore({ ...parts, passphraseEntry: await secretsEntry(codexHome) })
    : new KeyringStore(parts);
  return store === "auto" ? new AutoStore({ inKeyring, file, world, warn }) : inKeyring;
}
