/**
 * A login in `secrets/codex_auth.age`: a file encrypted with a passphrase, which alone is in the keyring. For
 * keyrings that take only short secrets. The codex client (0.169.0) reads and writes the same file: an age file with
 * one scrypt recipient, in it `{"version":1,"secrets":{"global/CODEX_AUTH":"…"}}`.
 *
 * @module
 */
import { absolutePath } from "../absolute_path.ts";
import type { AuthRecord } from "./auth_record.ts";
import type { CredentialSource } from "./authenticator.ts";
import type { WriteSlot } from "./credential_store.ts";
import { lockHome, type LockResult } from "./file_lock.ts";
import { describeEntry, type KeyringEntry, keyringFailure } from "./keyring.ts";
import {
  type KeyringStoreOptions,
  makeHome,
  recordIn,
  removeLeftFile,
  type StoreBesideFile,
  writeAndCompare,
} from "./keyring_store.ts";
import { removeEach } from "./remove_each.ts";
import { EMPTY_SECRETS, openSecrets, sealSecrets, type Secrets } from "./secrets_document.ts";
import { WholeFile } from "./whole_file.ts";

/** The name of the login among the secrets. */
const LOGIN = "global/CODEX_AUTH";
const PASSPHRASE_BYTES = 32;

/** What the store is made of. */
export interface SecretsStoreOptions extends KeyringStoreOptions {
  readonly passphraseEntry: KeyringEntry;
}

/** The login of one home in its encrypted file. */
export class SecretsStore implements StoreBesideFile {
  readonly codexHome: string;
  readonly source: CredentialSource;
  readonly absence =
    "there is none in secrets/codex_auth.age (secret_auth_storage in config.toml: auth.json does not count)";
  readonly #options: SecretsStoreOptions;
  readonly #file: WholeFile;
  /** What was opened last. Opening a file of the codex client's takes seconds. */
  #opened: { readonly bytes: Uint8Array; readonly passphrase: string; readonly secrets: Secrets } | undefined;

  constructor(options: SecretsStoreOptions) {
    this.codexHome = options.codexHome;
    this.#options = options;
    const path = absolutePath("codex_auth.age", absolutePath("secrets", options.codexHome));
    this.#file = new WholeFile({ path, world: options.world });
    this.source = { kind: "keyring", name: `${path}, whose passphrase is in the keyring` };
  }

  /** As {@link CredentialStore.read}. */
  async read(): Promise<AuthRecord | undefined> {
    const text = (await this.#open()).secrets[LOGIN];
    return text === undefined ? undefined : recordIn(text, this.source.name);
  }

  /** False: only who asks the keyring knows. */
  isEmpty(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** As {@link CredentialStore.reserve}. */
  async reserve(): Promise<WriteSlot> {
    const { keyring, passphraseEntry, file, warn } = this.#options;
    await makeHome(this.codexHome);
    // To find out that it can be reached, and to have it unlocked.
    await keyring.read(passphraseEntry);
    const slot = await this.#file.reserve();
    return {
      commit: async (raw) => {
        let sealed: Uint8Array;
        try {
          const document = await this.#open();
          // Made by whoever holds the lock, or two programs would each encrypt with one that the other replaced.
          const passphrase = await keyring.read(passphraseEntry) ?? await this.#newPassphrase();
          const secrets = { ...document.secrets, [LOGIN]: JSON.stringify(raw) };
          sealed = await sealSecrets({ ...document, secrets }, passphrase);
        } catch (error) {
          await slot.abandon();
          throw error;
        }
        await slot.commit(sealed);
        await removeLeftFile(file, warn);
      },
      abandon: slot.abandon,
    };
  }

  /** Removes the encrypted file, the plain one, and the entry that a login without encryption had. */
  async remove(): Promise<boolean> {
    const { keyring, entry, file } = this.#options;
    return await removeEach([() => this.forget(), () => file.remove(), () => keyring.remove(entry)]);
  }

  /** Removes the encrypted file alone. */
  async forget(): Promise<boolean> {
    return await this.#file.remove();
  }

  /** Takes the lock of the home. */
  async lock(limitMs: number): Promise<LockResult> {
    return await lockHome(this.codexHome, this.#options.world, limitMs);
  }

  async #open(): Promise<Secrets> {
    const { keyring, passphraseEntry } = this.#options;
    const bytes = await this.#file.read();
    if (bytes === undefined) return EMPTY_SECRETS;
    const passphrase = await keyring.read(passphraseEntry);
    if (passphrase === undefined) {
      throw keyringFailure(
        "no_passphrase",
        `Cannot open ${this.#file.path}: its passphrase is not in ${describeEntry(passphraseEntry)}`,
        { hint: "Remove the file with culvert auth logout, then sign in again: culvert auth login" },
      );
    }
    const known = this.#opened;
    if (known !== undefined && known.passphrase === passphrase && isSame(known.bytes, bytes)) {
      return known.secrets;
    }
    const secrets = await openSecrets(bytes, passphrase, this.#file.path);
    this.#opened = { bytes, passphrase, secrets };
    return secrets;
  }

  async #newPassphrase(): Promise<string> {
    const { keyring, passphraseEntry } = this.#options;
    const passphrase = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(PASSPHRASE_BYTES))));
    await writeAndCompare(keyring, passphraseEntry, passphrase);
    return passphrase;
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
