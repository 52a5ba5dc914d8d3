/**
 * A login in `secrets/codex_auth.age`: a file encrypted with a passphrase, which alone is in the keyring. For
 * keyrings that take only short secrets. The codex client (0.169.0) reads and writes the same file: an age file with
 * one scrypt recipient, in it `{"version":1,"secrets":{"global/CODEX_AUTH":"…"}}`.
 *
 * @module
 */
import { absolutePath } from "../../../world/absolute_path.ts";
import { CulvertError } from "../../../errors.ts";
import type { AuthRecord } from "../../auth_record.ts";
import type { CredentialSource } from "../../authenticator.ts";
import type { Reservation, WriteSlot } from "../../credential_store.ts";
import { lockHome } from "../file_lock.ts";
import { type LockResult } from "../../credential_store.ts";
import { describeEntry, type KeyringEntry, keyringFailure } from "./keyring.ts";
import { Patience } from "./keyring_patience.ts";
import {
  demandReplaceable,
  type KeyringStoreOptions,
  makeHome,
  recordIn,
  removeLeftFile,
  type StoreBesideFile,
  writeAndCompare,
} from "./keyring_store.ts";
import { removeEach } from "../remove_each.ts";
import { EMPTY_SECRETS, openSecrets, sealSecrets, type Secrets } from "./secrets_document.ts";
import { type FileSlot, WholeFile } from "../whole_file.ts";

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
  readonly removals = [
    () => this.forget(),
    () => this.#options.keyring.remove(this.#options.entry, this.#patience.call()),
  ];
  readonly #options: SecretsStoreOptions;
  readonly #patience = new Patience();
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
  async read(signal?: AbortSignal): Promise<AuthRecord | undefined> {
    const text = (await this.#open(signal)).secrets[LOGIN];
    return text === undefined ? undefined : recordIn(text, this.source.name);
  }

  /** False: only who asks the keyring knows. */
  isEmpty(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** As {@link CredentialStore.reserve}. */
  async reserve({ signal }: Reservation = {}): Promise<WriteSlot> {
    const { keyring, passphraseEntry, file, warn } = this.#options;
    await makeHome(this.codexHome);
    // To find out that it can be reached, and to have it unlocked.
    await keyring.read(passphraseEntry, this.#patience.call(signal));
    const present = (await this.#open(signal)).secrets[LOGIN];
    if (present !== undefined) demandReplaceable(present, this.source.name);
    const slot = await this.#file.reserve();
    return {
      commit: async (raw) => {
        await this.#rewrite(slot, (secrets) => ({ ...secrets, [LOGIN]: JSON.stringify(raw) }));
        await removeLeftFile(file, warn);
      },
      abandon: slot.abandon,
    };
  }

  /** Removes the login, the plain file, and the entry that a login without encryption had. */
  async remove(): Promise<boolean> {
    return await removeEach([...this.removals, () => this.#options.file.remove()]);
  }

  /** Removes the login from the encrypted file, and the file where nobody can open it or nothing is left in it. */
  async forget(): Promise<boolean> {
    let present: Secrets;
    try {
      present = await this.#open();
    } catch (error) {
      if (!(error instanceof CulvertError)) throw error;
      return await this.#file.remove();
    }
    const { [LOGIN]: login, ...others } = present.secrets;
    if (Object.keys(others).length === 0) return await this.#file.remove();
    if (login === undefined) return false;
    await this.#rewrite(await this.#file.reserve(), () => others);
    return true;
  }

  /** Takes the lock of the home. */
  async lock(limitMs: number): Promise<LockResult> {
    const { keyring, passphraseEntry, world } = this.#options;
    return await this.#patience.lock(
      () => keyring.read(passphraseEntry),
      () => lockHome(this.codexHome, world, limitMs),
    );
  }

  async #rewrite(
    slot: FileSlot,
    change: (secrets: Secrets["secrets"]) => Secrets["secrets"],
  ): Promise<void> {
    const { keyring, passphraseEntry } = this.#options;
    let sealed: Uint8Array;
    try {
      const document = await this.#open();
      // Made by whoever holds the lock, or two programs would each encrypt with one that the other replaced.
      const passphrase = await keyring.read(passphraseEntry, this.#patience.call()) ??
        await this.#newPassphrase();
      sealed = await sealSecrets({ ...document, secrets: change(document.secrets) }, passphrase);
    } catch (error) {
      await slot.abandon();
      throw error;
    }
    await slot.commit(sealed);
  }

  async #open(signal?: AbortSignal): Promise<Secrets> {
    const { keyring, passphraseEntry } = this.#options;
    const bytes = await this.#file.read();
    if (bytes === undefined) return EMPTY_SECRETS;
    const passphrase = await keyring.read(passphraseEntry, this.#patience.call(signal));
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
    await writeAndCompare(keyring, passphraseEntry, passphrase, this.#patience.call());
    return passphrase;
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
