/**
 * Where a login is kept, whatever keeps it: a file, the system's keyring, or memory.
 *
 * @module
 */
import type { AuthRecord } from "./auth_record.ts";
import type { CredentialSource } from "./authenticator.ts";

/** A lock that is held. */
export interface HeldLock {
  /** Text that earlier holders left in the file. */
  readonly readNote: () => Promise<string>;
  /** Replaces it. */
  readonly writeNote: (text: string) => Promise<void>;
  readonly release: () => void;
}

/** The lock, or why not: somebody else held it all the time, or there can be none here. */
export type LockResult =
  | { readonly kind: "held"; readonly lock: HeldLock }
  | { readonly kind: "busy" }
  | { readonly kind: "unavailable"; readonly cause: unknown };

/** A write that is certain to find its place. */
export interface WriteSlot {
  /** @throws CulvertError `auth_storage` */
  readonly commit: (raw: Readonly<Record<string, unknown>>) => Promise<void>;
  /** Gives up the place. */
  readonly abandon: () => Promise<void>;
}

/** What a place is reserved for. */
export interface Reservation {
  /** Ends the wait for a keyring that has a question for a person. */
  readonly signal?: AbortSignal | undefined;
  /** How long the record will be, about, where it has little to do with the present one, bytes. */
  readonly expectedBytes?: number | undefined;
}

/** The place of one login. */
export interface CredentialStore {
  /** The `CODEX_HOME` it belongs to, absolute. */
  readonly codexHome: string;
  /**
   * Where the record is that was read or written last; before that, where one would be written. Its name stands in
   * messages.
   */
  readonly source: CredentialSource;
  /** What is the case when {@link read} finds nothing, as the end of a sentence. */
  readonly absence: string;
  /**
   * Reads the record.
   *
   * @returns `undefined` when there is none
   * @throws CulvertError `auth_storage` when it cannot be read or understood; `details.is_empty` is true for a
   *   place that holds nothing that could be lost; the signal's reason
   */
  read(signal?: AbortSignal): Promise<AuthRecord | undefined>;
  /**
   * Whether there is nothing to remove, as far as that can be known without asking anybody and without leaving
   * anything behind; false where it cannot.
   */
  isEmpty(): Promise<boolean>;
  /**
   * Makes sure that a write will succeed, before something is spent that only a write can save. It makes the
   * folder that {@link lock} needs.
   *
   * @throws CulvertError `auth_storage`; `details.problem` is `too_large` where the place is too small for a login
   *   like the present one, or the expected one; the signal's reason
   */
  reserve(reservation?: Reservation): Promise<WriteSlot>;
  /**
   * Removes the record, and every older one that could come to light then.
   *
   * @returns whether there was one
   * @throws CulvertError `auth_storage`
   */
  remove(): Promise<boolean>;
  /**
   * Waits to be the only one of all programs that share the login.
   *
   * @param limitMs how long to wait for another holder
   */
  lock(limitMs: number): Promise<LockResult>;
}
