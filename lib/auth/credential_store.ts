/**
 * The interface of the places that keep a login: a file, the keyring of the system, or memory.
 *
 * @module
 */
import type { LockResult } from "../files/file_lock.ts";
import type { AuthRecord } from "./auth_record.ts";
import type { CredentialSource } from "./authenticator.ts";
import type { JsonObject } from "./json.ts";

/**
 * Computes the new record from the present one. `undefined` leaves the store unchanged.
 *
 * @param present the record at the time of the write; `undefined` where the store is empty
 */
export type RecordChange = (present: AuthRecord | undefined) => JsonObject | undefined;

/** A write whose space is reserved. Exactly one of the two functions is called, once. */
export interface WriteSlot {
  /**
   * Reads the record, changes it and writes it, while no other program that shares the store writes.
   *
   * @returns whether the record was written
   * @throws CulvertError `auth_storage`; also for a present record that cannot be parsed, which is left unchanged
   */
  readonly commit: (change: RecordChange) => Promise<boolean>;
  /** Releases the space. */
  readonly abandon: () => Promise<void>;
}

/** Options of {@link CredentialStore.reserve}. */
export interface Reservation {
  /** Ends the wait for a keyring that asks the user for a password. */
  readonly signal?: AbortSignal | undefined;
  /** Approximate length of the record, bytes, where it may be longer than the present one. */
  readonly expectedBytes?: number | undefined;
}

/** The place of one login. */
export interface CredentialStore {
  /** The `CODEX_HOME` it belongs to, absolute. */
  readonly codexHome: string;
  /** Where the record was last read or written; before that, where it would be written. */
  readonly source: CredentialSource;
  /** Says what is missing where {@link read} finds nothing; completes a sentence. */
  readonly absence: string;
  /**
   * Reads the record.
   *
   * @returns `undefined` where there is none
   * @throws CulvertError `auth_storage` for a record that cannot be read or parsed (`details.is_empty` is true
   *   where nothing is lost by replacing it); the signal's reason
   */
  read(signal?: AbortSignal): Promise<AuthRecord | undefined>;
  /** Tells whether there is certainly nothing to remove. Asks no keyring and leaves nothing behind. */
  isEmpty(): Promise<boolean>;
  /**
   * Makes sure that a write will succeed, before something is spent that only the write can save. Creates the
   * home directory.
   *
   * @throws CulvertError `auth_storage`; `details.problem` is `too_large` for a keyring that is too small; the
   *   signal's reason
   */
  reserve(reservation?: Reservation): Promise<WriteSlot>;
  /**
   * Removes the record, and every older one that would be found after it.
   *
   * @returns whether there was one
   * @throws CulvertError `auth_storage`
   */
  remove(): Promise<boolean>;
  /**
   * Takes this program's own lock on the login. It may be held during requests. The codex client does not know
   * it, and never waits for it.
   *
   * @param limitMs how long to wait for another holder
   */
  lock(limitMs: number): Promise<LockResult>;
}

/**
 * Changes the record in one step.
 *
 * @returns whether it was written
 * @throws CulvertError `auth_storage`
 */
export async function changeRecord(store: CredentialStore, change: RecordChange): Promise<boolean> {
  return await (await store.reserve()).commit(change);
}
