/**
 * A login in the system's keyring, as one entry.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import type { Warning } from "../../../warning.ts";
import type { World } from "../../../world/world.ts";
import type { AuthFile } from "../auth_file.ts";
import { type AuthRecord, parseAuthRecord } from "../../auth_record.ts";
import type { CredentialSource } from "../../authenticator.ts";
import type { CredentialStore, Reservation, WriteSlot } from "../../credential_store.ts";
import { lockHome } from "../file_lock.ts";
import { type LockResult } from "../../credential_store.ts";
import {
  describeEntry,
  type Keyring,
  type KeyringCall,
  type KeyringEntry,
  keyringFailure,
} from "./keyring.ts";
import { Patience } from "./keyring_patience.ts";
import { removeEach } from "../remove_each.ts";

/** By how much renewed tokens may be longer than the present ones, bytes. */
const GROWTH = 256;

/** What a store in the keyring is made of. */
export interface KeyringStoreOptions {
  readonly codexHome: string;
  readonly keyring: Keyring;
  readonly entry: KeyringEntry;
  /** The plain file, which must not outlive a login in the keyring. */
  readonly file: AuthFile;
  readonly world: World;
  readonly warn: (warning: Warning) => void;
}

/** A store beside which there may be a plain file. What is there and not understood is never replaced by it. */
export interface StoreBesideFile extends CredentialStore {
  /** Removes the record from this place alone. @returns whether there was one @throws CulvertError `auth_storage` */
  forget(): Promise<boolean>;
  /** All that {@link remove} does beside removing the plain file. */
  readonly removals: readonly (() => Promise<boolean>)[];
}

/** The login of one home in the keyring. */
export class KeyringStore implements StoreBesideFile {
  readonly codexHome: string;
  readonly source: CredentialSource;
  readonly absence =
    'the keyring holds no login (cli_auth_credentials_store = "keyring" in config.toml: auth.json does not count)';
  readonly removals = [() => this.forget()];
  readonly #options: KeyringStoreOptions;
  readonly #patience = new Patience();

  constructor(options: KeyringStoreOptions) {
    this.codexHome = options.codexHome;
    this.source = { kind: "keyring", name: describeEntry(options.entry) };
    this.#options = options;
  }

  /** As {@link CredentialStore.read}. */
  async read(signal?: AbortSignal): Promise<AuthRecord | undefined> {
    const { keyring, entry } = this.#options;
    const text = await keyring.read(entry, this.#patience.call(signal));
    return text === undefined ? undefined : recordIn(text, this.source.name);
  }

  /** False: only who asks the keyring knows. */
  isEmpty(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** As {@link CredentialStore.reserve}. It unlocks the keyring where that needs a person. */
  async reserve({ signal, expectedBytes = 0 }: Reservation = {}): Promise<WriteSlot> {
    const { keyring, entry, file, warn } = this.#options;
    await makeHome(this.codexHome);
    const present = await keyring.read(entry, this.#patience.call(signal));
    if (present !== undefined) {
      demandReplaceable(present, this.source.name);
      keyring.check(entry, present + " ".repeat(GROWTH));
    }
    keyring.check(entry, " ".repeat(expectedBytes));
    return {
      commit: async (raw) => {
        await writeAndCompare(keyring, entry, JSON.stringify(raw), this.#patience.call());
        await removeLeftFile(file, warn);
      },
      abandon: async () => {},
    };
  }

  /** Removes the entry and the file; the one that fails does not keep the other. */
  async remove(): Promise<boolean> {
    return await removeEach([...this.removals, () => this.#options.file.remove()]);
  }

  /** Removes the entry alone. */
  async forget(): Promise<boolean> {
    return await this.#options.keyring.remove(this.#options.entry, this.#patience.call());
  }

  /** Takes the lock of the home. */
  async lock(limitMs: number): Promise<LockResult> {
    const { keyring, entry, world } = this.#options;
    return await this.#patience.lock(
      () => keyring.read(entry),
      () => lockHome(this.codexHome, world, limitMs),
    );
  }
}

/**
 * The record that a text in the keyring says.
 *
 * @throws CulvertError `auth_storage`
 */
export function recordIn(text: string, place: string): AuthRecord {
  const parsed = parseAuthRecord(text);
  if (parsed.kind === "record") return parsed.record;
  throw new CulvertError("auth_storage", `Cannot use the credentials in ${place}: ${parsed.problem}`, {
    hint:
      "They were left as they are. Remove them with culvert auth logout, then sign in again: culvert auth login",
    details: { problem: parsed.kind, is_empty: text.trim() === "" },
  });
}

/** Makes sure that a text may be replaced: it is understood, or nothing. @throws CulvertError `auth_storage` */
export function demandReplaceable(text: string, place: string): void {
  if (text.trim() !== "") recordIn(text, place);
}

/** Writes a secret and makes sure that it is what the keyring now holds. @throws CulvertError `auth_storage` */
export async function writeAndCompare(
  keyring: Keyring,
  entry: KeyringEntry,
  secret: string,
  call: KeyringCall,
): Promise<void> {
  await keyring.write(entry, secret, call);
  if (await keyring.read(entry, call) === secret) return;
  throw keyringFailure(
    "not_kept",
    `Cannot write ${describeEntry(entry)}: what it gives back is not what was stored`,
  );
}

/** Makes the folder of the lock. A home that cannot be made is found out by whoever needs the lock. */
export async function makeHome(codexHome: string): Promise<void> {
  try {
    await Deno.mkdir(codexHome, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

/**
 * Removes the plain file behind a login that was saved elsewhere, but not one that is not understood. What fails is a
 * warning: the login is safe.
 */
export async function removeLeftFile(file: AuthFile, warn: (warning: Warning) => void): Promise<void> {
  try {
    await demandUnderstood(file);
    await file.remove();
  } catch (error) {
    if (!(error instanceof CulvertError)) throw error;
    warn({ code: "auth_file_left", message: `${error.message}; a former login in it can still be read` });
  }
}

async function demandUnderstood(file: AuthFile): Promise<void> {
  try {
    await file.read();
  } catch (error) {
    if (!(error instanceof CulvertError) || error.details["is_empty"] !== true) throw error;
  }
}
