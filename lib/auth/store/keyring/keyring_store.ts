/**
 * A login in the keyring of the system, as one entry.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import type { Warning } from "../../../warning.ts";
import type { World } from "../../../world/world.ts";
import { type AuthRecord, parseAuthRecord } from "../../auth_record.ts";
import type { CredentialSource } from "../../authenticator.ts";
import type { CredentialStore, Reservation, WriteSlot } from "../../credential_store.ts";
import type { LockResult } from "../../../files/file_lock.ts";
import type { AuthFile } from "../auth_file.ts";
import { lockHome } from "../home_lock.ts";
import { describeEntry, type Keyring, type KeyringEntry, keyringFailure } from "./keyring.ts";

/** By how much renewed tokens may be longer than the present ones, bytes. */
const GROWTH = 256;

/** What a store in the keyring works with. */
export interface KeyringStoreParts {
  readonly codexHome: string;
  readonly keyring: Keyring;
  readonly entry: KeyringEntry;
  /** Removed after a login was saved in the keyring. */
  readonly file: AuthFile;
  readonly world: World;
  readonly warn: (warning: Warning) => void;
}

/** A store that leaves no login in `auth.json`. */
export interface StoreBesideFile extends CredentialStore {
  /** Removes the record from this store alone. @returns whether there was one @throws CulvertError `auth_storage` */
  removeHere(): Promise<boolean>;
  /** Every part of {@link remove} but the removal of `auth.json`. */
  readonly removals: readonly (() => Promise<boolean>)[];
}

/** The login of one home in the keyring. */
export class KeyringStore implements StoreBesideFile {
  readonly codexHome: string;
  readonly source: CredentialSource;
  readonly absence =
    'the keyring holds no login (cli_auth_credentials_store = "keyring" in config.toml: auth.json is not used)';
  readonly removals = [() => this.removeHere()];
  readonly #parts: KeyringStoreParts;

  constructor(parts: KeyringStoreParts) {
    this.codexHome = parts.codexHome;
    this.source = { kind: "keyring", name: describeEntry(parts.entry) };
    this.#parts = parts;
  }

  /** As {@link CredentialStore.read}. */
  async read(signal?: AbortSignal): Promise<AuthRecord | undefined> {
    return recordIn(await this.#parts.keyring.read(this.#parts.entry, signal), this.source.name);
  }

  /** False: only the keyring knows. */
  isEmpty(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** As {@link CredentialStore.reserve}. Unlocks the keyring where that needs the user. */
  async reserve({ signal, expectedBytes = 0 }: Reservation = {}): Promise<WriteSlot> {
    const { keyring, entry, file, warn } = this.#parts;
    await makeHome(this.codexHome);
    const present = await keyring.read(entry, signal) ?? "";
    if (present.trim() !== "") {
      recordIn(present, this.source.name);
      keyring.check(entry, present + " ".repeat(GROWTH));
    }
    keyring.check(entry, " ".repeat(expectedBytes));
    return {
      commit: async (change) => {
        const text = await keyring.read(entry) ?? "";
        const raw = change(text.trim() === "" ? undefined : recordIn(text, this.source.name));
        if (raw === undefined) return false;
        await writeAndCompare(keyring, entry, JSON.stringify(raw));
        await removeLeftFile(file, warn);
        return true;
      },
      abandon: async () => {},
    };
  }

  /** Removes the entry and `auth.json`; where one fails, the other is removed nevertheless. */
  async remove(): Promise<boolean> {
    return await removeAll([...this.removals, () => this.#parts.file.remove()]);
  }

  /** As {@link StoreBesideFile.removeHere}. */
  async removeHere(): Promise<boolean> {
    return await this.#parts.keyring.remove(this.#parts.entry);
  }

  /** As {@link CredentialStore.lock}. */
  async lock(limitMs: number): Promise<LockResult> {
    return await lockHome(this.codexHome, this.#parts.world, limitMs);
  }
}

/**
 * Parses a record from the keyring.
 *
 * @param text `undefined` where there is no entry
 * @throws CulvertError `auth_storage`
 */
export function recordIn(text: string | undefined, place: string): AuthRecord | undefined {
  if (text === undefined) return undefined;
  const parsed = parseAuthRecord(text);
  if (parsed.kind === "record") return parsed.record;
  throw new CulvertError("auth_storage", `Cannot use the credentials in ${place}: ${parsed.problem}`, {
    hint: "They are unchanged. Remove them with culvert auth logout, then sign in again: culvert auth login",
    details: { problem: parsed.kind, is_empty: text.trim() === "" },
  });
}

/** Writes a secret and verifies that the keyring returns it. @throws CulvertError `auth_storage` */
export async function writeAndCompare(keyring: Keyring, entry: KeyringEntry, secret: string): Promise<void> {
  await keyring.write(entry, secret);
  if (await keyring.read(entry) === secret) return;
  const message = `Cannot write ${describeEntry(entry)}: it does not return what was stored`;
  throw keyringFailure("not_kept", message);
}

/** Creates the home, for the lock file. A failure is reported by the lock. */
export async function makeHome(codexHome: string): Promise<void> {
  try {
    await Deno.mkdir(codexHome, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

/**
 * Removes several places of one login, and goes on after a failure.
 *
 * @param removals each returns whether there was something
 * @throws CulvertError `auth_storage` with every failure, after all were tried
 */
export async function removeAll(removals: readonly (() => Promise<boolean>)[]): Promise<boolean> {
  const failures: CulvertError[] = [];
  let removed = 0;
  for (const remove of removals) {
    try {
      if (await remove()) removed++;
    } catch (error) {
      if (!(error instanceof CulvertError)) throw error;
      failures.push(error);
    }
  }
  const [first] = failures;
  if (first === undefined) return removed > 0;
  const messages = [...new Set(failures.map(({ message }) => message))].join("; ");
  const rest = removed === 0 ? "" : ". The other places of the login were removed";
  throw new CulvertError("auth_storage", `${messages}${rest}`, {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    details: { ...first.details, removed },
    cause: first,
  });
}

/** Removes `auth.json` after a login was saved elsewhere, unless it cannot be parsed. A failure is a warning. */
export async function removeLeftFile(file: AuthFile, warn: (warning: Warning) => void): Promise<void> {
  try {
    if (await file.isEmpty()) return;
    await file.read().catch((error: unknown) => {
      if (!(error instanceof CulvertError) || error.details["is_empty"] !== true) throw error;
    });
    await file.remove();
  } catch (error) {
    if (!(error instanceof CulvertError)) throw error;
    warn({ code: "auth_file_left", message: `${error.message}; a former login in it can still be read` });
  }
}
