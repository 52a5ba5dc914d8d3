/**
 * The interface of the places that hold the text of one login: a file, the keyring of the system, an encrypted file,
 * or memory. {@link CredentialStore} parses and merges the text of all of them.
 *
 * @module
 */
import type { CredentialSource } from "../authenticator.ts";
import type { JsonObject } from "../../text/json.ts";

/** Options of {@link Backend.reserve}. */
export interface Reservation {
  /** Ends the wait for a keyring that asks the user for a password. */
  readonly signal?: AbortSignal | undefined;
  /** Approximate length of the record, bytes, where it may be longer than the present one. */
  readonly expectedBytes?: number | undefined;
}

/** A write whose space is reserved. Disposing of it releases the space where nothing was written. */
export interface BackendSlot extends AsyncDisposable {
  /** Writes the record. Called at most once. @throws CulvertError `auth_storage` */
  readonly write: (raw: JsonObject) => Promise<void>;
  /** Reads and writes while no other program that shares the place writes. Default: the place has no such lock. */
  readonly exclusively?: <T>(work: () => Promise<T>) => Promise<T>;
}

/** A place of one login. */
export interface Backend {
  /** Where the text was last read or written; before that, where it would be written. */
  readonly source: CredentialSource;
  /** Says what is missing where {@link read} finds nothing; completes a sentence. */
  readonly absence: string;
  /**
   * Returns the text of the record; `undefined` where there is none.
   *
   * @param isReplacing whether a write follows, which reports what is wrong with a record that is not returned
   * @throws CulvertError `auth_storage`; the signal's reason
   */
  readonly read: (signal?: AbortSignal, isReplacing?: boolean) => Promise<string | undefined>;
  /**
   * Makes sure that a write will succeed.
   *
   * @throws CulvertError `auth_storage`, in a keyring also for a record that cannot be parsed; `details.problem` is
   *   `too_large` for a keyring that is too small; the signal's reason
   */
  readonly reserve: (reservation: Reservation) => Promise<BackendSlot>;
  /**
   * Remove the record, and every older one that would be found after it. Each returns whether there was one.
   *
   * @throws CulvertError `auth_storage`
   */
  readonly removals: readonly (() => Promise<boolean>)[];
}
