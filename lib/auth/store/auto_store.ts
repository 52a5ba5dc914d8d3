/**
 * A login in the keyring where one can be used, else in `auth.json`.
 *
 * Both may contain one, when the keyring could not be used for the later login. So each record that is written here
 * carries the time, in a member of its own. The codex client (0.171.0) ignores that member and drops it when it
 * rewrites the record; then `last_refresh` counts. Without either the keyring comes first, as in that client.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Warning } from "../../warning.ts";
import type { World } from "../../world/world.ts";
import type { AuthRecord } from "../auth_record.ts";
import type { CredentialSource } from "../authenticator.ts";
import type { CredentialStore, RecordChange, Reservation, WriteSlot } from "../credential_store.ts";
import type { LockResult } from "../../files/file_lock.ts";
import type { JsonObject } from "../json.ts";
import type { AuthFile } from "./auth_file.ts";
import { removeAll, type StoreBesideFile } from "./keyring/keyring_store.ts";

/** The member with the time of saving, RFC 3339. */
const SAVED_AT = "culvert_saved_at";
/** Problems of a system without a usable keyring. */
const NO_KEYRING = ["not_installed", "no_service", "unsupported"];
/** Problems that a second call would meet too, some of them after a minute. */
const LASTING = [...NO_KEYRING, "not_started", "timeout"];
const STILL_FIRST = "a former login in the keyring, if there is one, still comes first for the codex client";

/** What the store works with. */
interface AutoStoreParts {
  readonly inKeyring: StoreBesideFile;
  readonly file: AuthFile;
  readonly world: Pick<World, "now">;
  readonly warn: (warning: Warning) => void;
}

/** The login of one home, in the keyring or in `auth.json`. */
export class AutoStore implements CredentialStore {
  readonly codexHome: string;
  readonly absence = "neither the keyring nor auth.json contains one";
  readonly #parts: AutoStoreParts;
  #source: CredentialSource;
  /** The login in use came from the keyring: the file cannot replace it. */
  #isKeyringLogin = false;
  /** Why the keyring is not used any more. */
  #unusable: CulvertError | undefined;
  readonly #warned = new Set<string>();

  constructor(parts: AutoStoreParts) {
    this.codexHome = parts.file.codexHome;
    this.#parts = parts;
    this.#source = parts.inKeyring.source;
  }

  /** Where the record was last read or written. */
  get source(): CredentialSource {
    return this.#source;
  }

  /** Reads both places and returns the record that was saved later. Removes nothing. */
  async read(signal?: AbortSignal): Promise<AuthRecord | undefined> {
    return await this.#read(signal, false);
  }

  /** @param isWriting the file beside the keyring is about to be removed, and what is wrong with it reported then */
  async #read(signal: AbortSignal | undefined, isWriting: boolean): Promise<AuthRecord | undefined> {
    const { inKeyring, file } = this.#parts;
    if (this.#unusable !== undefined) return this.#use(await file.read(), file.source);
    let kept: AuthRecord | undefined;
    try {
      kept = await inKeyring.read(signal);
    } catch (error) {
      this.#fallBack(error, "reading auth.json instead", signal);
      return this.#use(await file.read(), file.source);
    }
    if (kept === undefined) return this.#use(await file.read(), file.source);
    const plain = await this.#readFileBeside(isWriting);
    return plain !== undefined && savedAt(plain) > savedAt(kept)
      ? this.#use(plain, file.source)
      : this.#use(kept, inKeyring.source);
  }

  /** False: only the keyring knows. */
  isEmpty(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** Reserves in the keyring; in the file where the keyring cannot be used. */
  async reserve(reservation: Reservation = {}): Promise<WriteSlot> {
    const instead = "using auth.json instead";
    if (this.#unusable !== undefined) {
      this.#warn(this.#unusable, `${instead}; ${STILL_FIRST}`);
      return await this.#reserveFile(reservation, false);
    }
    let slot: WriteSlot;
    try {
      slot = await this.#parts.inKeyring.reserve(reservation);
    } catch (error) {
      const isTooLarge = problemOf(error) === "too_large";
      if (isTooLarge) this.#warn(error, instead);
      else this.#fallBack(error, `${instead}; ${STILL_FIRST}`, reservation.signal);
      return await this.#reserveFile(reservation, isTooLarge);
    }
    const commit = async (change: RecordChange) => {
      const kept = await this.#read(undefined, true).catch(async (error: unknown) => {
        await slot.abandon();
        throw error;
      });
      const stamped = this.#stamped(() => change(kept));
      let isWritten: boolean;
      try {
        isWritten = await slot.commit(stamped);
      } catch (error) {
        this.#warn(error, "writing auth.json instead");
        return await (await this.#reserveFile(reservation, true)).commit(() => change(kept));
      }
      if (isWritten) this.#use(true, this.#parts.inKeyring.source);
      return isWritten;
    };
    return { commit, abandon: slot.abandon };
  }

  /** Removes both. Where the system has no keyring, that is a warning. */
  async remove(): Promise<boolean> {
    const { inKeyring, file } = this.#parts;
    const inKeyringOnly = inKeyring.removals.map((remove) => async () => {
      try {
        if (this.#unusable !== undefined) throw this.#unusable;
        return await remove();
      } catch (error) {
        if (!NO_KEYRING.includes(problemOf(error))) throw error;
        this.#warn(error, "nothing was removed from it");
        return false;
      }
    });
    return await removeAll([...inKeyringOnly, () => file.remove()]);
  }

  /** As {@link CredentialStore.lock}. */
  async lock(limitMs: number): Promise<LockResult> {
    return await this.#parts.file.lock(limitMs);
  }

  async #readFileBeside(isWriting = false): Promise<AuthRecord | undefined> {
    try {
      return await this.#parts.file.read();
    } catch (error) {
      if (!isWriting) this.#warn(error, "using the login in the keyring", "auth_file_unusable");
      return undefined;
    }
  }

  /** @param removeKeyring removes the keyring's record after the write, which would come first otherwise */
  async #reserveFile({ expectedBytes }: Reservation, removeKeyring: boolean): Promise<WriteSlot> {
    const { inKeyring, file } = this.#parts;
    const slot = await file.reserve({ expectedBytes });
    const commit = async (change: RecordChange) => {
      const kept = await this.#read(undefined, true).catch(async (error: unknown) => {
        await slot.abandon();
        throw error;
      });
      const isInKeyring = this.#isKeyringLogin;
      const isWritten = await slot.commit((present) =>
        this.#stamped(() => change(isInKeyring ? kept : present))(present)
      );
      if (!isWritten) return false;
      this.#use(true, file.source);
      if (removeKeyring) {
        await inKeyring.removeHere().catch((error: unknown) => this.#warn(error, STILL_FIRST));
      }
      return true;
    };
    return { commit, abandon: slot.abandon };
  }

  /**
   * Goes on with the file, with a warning.
   *
   * @throws the error where the login in use is the keyring's; the signal's reason
   */
  #fallBack(error: unknown, instead: string, signal: AbortSignal | undefined): void {
    if (this.#isKeyringLogin || signal?.aborted === true) throw error;
    this.#warn(error, instead);
    if (error instanceof CulvertError && LASTING.includes(problemOf(error))) this.#unusable = error;
  }

  #use<T>(found: T, source: CredentialSource): T {
    if (found === undefined) return found;
    this.#isKeyringLogin = source.kind === "keyring";
    this.#source = source;
    return found;
  }

  #stamped(change: () => JsonObject | undefined): RecordChange {
    return () => {
      const raw = change();
      return raw && { ...raw, [SAVED_AT]: new Date(this.#parts.world.now()).toISOString() };
    };
  }

  /** @throws errors of other kinds than a store's */
  #warn(error: unknown, consequence: string, code = "keyring_unusable"): void {
    if (!(error instanceof CulvertError)) throw error;
    const message = `${error.message}; ${consequence}`;
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#parts.warn({ code, message });
  }
}

/** Returns the time of saving, ms since 1970; -Infinity where the record does not tell. */
function savedAt({ raw, lastRefresh = -Infinity }: AuthRecord): number {
  const stamp = Date.parse(String(raw[SAVED_AT]));
  return Number.isNaN(stamp) ? lastRefresh : Math.max(stamp, lastRefresh);
}

/** Returns `details.problem` of an error. */
function problemOf(error: unknown): string {
  return error instanceof CulvertError ? String(error.details["problem"]) : "";
}
