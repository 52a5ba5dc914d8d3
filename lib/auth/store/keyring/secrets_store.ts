/**
 * A login in `secrets/codex_auth.age`, a file encrypted with a passphrase from the keyring, for keyrings that accept
 * only short secrets. The codex client (0.171.0) reads and writes the same file: an age file with one scrypt
 * recipient that contains `{"version":1,"secrets":{"global/CODEX_AUTH":"…"}}`.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import { absolutePath } from "../../../world/absolute_path.ts";
import type { AuthRecord } from "../../auth_record.ts";
import type { CredentialSource } from "../../authenticator.ts";
import type { RecordChange, Reservation, WriteSlot } from "../../credential_store.ts";
import type { LockResult } from "../../../files/file_lock.ts";
import { FILE_ERRORS } from "../auth_file.ts";
import { lockHome } from "../home_lock.ts";
import { type FileSlot, WholeFile } from "../../../files/whole_file.ts";
import { describeEntry, type KeyringEntry, keyringFailure } from "./keyring.ts";
import {
  type KeyringStoreParts,
  makeHome,
  recordIn,
  removeAll,
  removeLeftFile,
  type StoreBesideFile,
  writeAndCompare,
} from "./keyring_store.ts";
import { EMPTY_SECRETS, openSecrets, sealSecrets, type Secrets } from "./secrets_document.ts";

/** The name of the login among the secrets. */
const LOGIN = "global/CODEX_AUTH";
const PASSPHRASE_BYTES = 32;

/** The login of one home in its encrypted file. */
export class SecretsStore implements StoreBesideFile {
  readonly codexHome: string;
  readonly source: CredentialSource;
  readonly absence = "secrets/codex_auth.age contains no login " +
    "(secret_auth_storage in config.toml: auth.json is not used)";
  readonly removals = [
    () => this.removeHere(),
    () => this.#parts.keyring.remove(this.#parts.entry),
  ];
  readonly #parts: KeyringStoreParts & { readonly passphraseEntry: KeyringEntry };
  readonly #file: WholeFile;
  /** The last decryption. Decrypting a file of the codex client takes seconds. */
  #opened: { readonly bytes: Uint8Array; readonly passphrase: string; readonly secrets: Secrets } | undefined;

  constructor(parts: KeyringStoreParts & { readonly passphraseEntry: KeyringEntry }) {
    this.codexHome = parts.codexHome;
    this.#parts = parts;
    const path = absolutePath("codex_auth.age", absolutePath("secrets", parts.codexHome));
    this.#file = new WholeFile(path, parts.world, FILE_ERRORS);
    this.source = { kind: "keyring", name: `${path}, whose passphrase is in the keyring` };
  }

  /** As {@link CredentialStore.read}. */
  async read(signal?: AbortSignal): Promise<AuthRecord | undefined> {
    return this.#recordIn(await this.#open(signal));
  }

  /** False: only the keyring knows. */
  isEmpty(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** As {@link CredentialStore.reserve}. */
  async reserve({ signal }: Reservation = {}): Promise<WriteSlot> {
    const { keyring, passphraseEntry } = this.#parts;
    await makeHome(this.codexHome);
    // Makes sure that the keyring is reachable and unlocked.
    await keyring.read(passphraseEntry, signal);
    this.#recordIn(await this.#open(signal));
    const slot = await this.#file.reserve();
    return { commit: (change) => this.#commit(slot, change), abandon: slot.abandon };
  }

  /** Removes the login, `auth.json`, and the keyring entry of a login without encryption. */
  async remove(): Promise<boolean> {
    return await removeAll([...this.removals, () => this.#parts.file.remove()]);
  }

  /** Removes the login from the file; and the file, where it cannot be decrypted or nothing else is in it. */
  async removeHere(): Promise<boolean> {
    let document: Secrets;
    try {
      document = await this.#open();
    } catch (error) {
      if (!(error instanceof CulvertError)) throw error;
      return await this.#file.remove();
    }
    const { [LOGIN]: login, ...others } = document.secrets;
    if (Object.keys(others).length === 0) return await this.#file.remove();
    if (login === undefined) return false;
    await this.#seal(await this.#file.reserve(), { ...document, secrets: others });
    return true;
  }

  /** As {@link CredentialStore.lock}. */
  async lock(limitMs: number): Promise<LockResult> {
    return await lockHome(this.codexHome, this.#parts.world, limitMs);
  }

  #recordIn({ secrets }: Secrets): AuthRecord | undefined {
    const text = secrets[LOGIN];
    return text?.trim() === "" ? undefined : recordIn(text, this.source.name);
  }

  async #commit(slot: FileSlot, change: RecordChange): Promise<boolean> {
    let document: Secrets;
    try {
      const present = await this.#open();
      const raw = change(this.#recordIn(present));
      if (raw === undefined) {
        await slot.abandon();
        return false;
      }
      document = { ...present, secrets: { ...present.secrets, [LOGIN]: JSON.stringify(raw) } };
    } catch (error) {
      await slot.abandon();
      throw error;
    }
    await this.#seal(slot, document);
    await removeLeftFile(this.#parts.file, this.#parts.warn);
    return true;
  }

  async #seal(slot: FileSlot, document: Secrets): Promise<void> {
    const { keyring, passphraseEntry } = this.#parts;
    let sealed: Uint8Array<ArrayBuffer>;
    try {
      const passphrase = await keyring.read(passphraseEntry) ?? await this.#newPassphrase();
      sealed = await sealSecrets(document, passphrase);
    } catch (error) {
      await slot.abandon();
      throw error;
    }
    await slot.commit(sealed);
  }

  async #open(signal?: AbortSignal): Promise<Secrets> {
    const { keyring, passphraseEntry } = this.#parts;
    const bytes = await this.#file.read();
    if (bytes === undefined) return EMPTY_SECRETS;
    const passphrase = await keyring.read(passphraseEntry, signal);
    if (passphrase === undefined) {
      const message = `Cannot open ${this.#file.path}: its passphrase is not in ${
        describeEntry(passphraseEntry)
      }`;
      const hint = "Remove the file with culvert auth logout, then sign in again: culvert auth login";
      throw keyringFailure("no_passphrase", message, { hint });
    }
    const known = this.#opened;
    if (known !== undefined && known.passphrase === passphrase && isEqual(known.bytes, bytes)) {
      return known.secrets;
    }
    const secrets = await openSecrets(bytes, passphrase, this.#file.path);
    this.#opened = { bytes, passphrase, secrets };
    return secrets;
  }

  /** Called under the lock of the home only, or two programs would each replace the passphrase of the other. */
  async #newPassphrase(): Promise<string> {
    const passphrase = crypto.getRandomValues(new Uint8Array(PASSPHRASE_BYTES)).toBase64();
    await writeAndCompare(this.#parts.keyring, this.#parts.passphraseEntry, passphrase);
    return passphrase;
  }
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
