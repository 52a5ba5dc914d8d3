/**
 * The stored login of one home. The same code parses, changes and removes the record of every backend.
 *
 * @module
 */
import { CulvertError, handleFailure } from "../../errors.ts";
import type { LockResult } from "../../files/file_lock.ts";
import { type AuthRecord, parseAuthRecord } from "../auth_record.ts";
import type { CredentialSource } from "../authenticator.ts";
import type { JsonObject } from "../../text/json.ts";
import type { Backend, BackendSlot, Reservation } from "./backend.ts";

/** How long to wait for another process that renews or replaces the login, ms. */
const LOCK_LIMIT_MS = 45_000;

/**
 * Computes the new record from the present one. `undefined` leaves the store unchanged.
 *
 * @param present the record at the time of the write; `undefined` where the store is empty
 */
export type RecordChange = (present: AuthRecord | undefined) => JsonObject | undefined;

/** A write whose space is reserved. Disposing of it releases the space where nothing was written. */
export interface WriteSlot extends AsyncDisposable {
  /**
   * Reads the record, changes it and writes it, while no other program that shares the store writes. Called at most
   * once.
   *
   * @returns whether the record was written
   * @throws CulvertError `auth_storage`; also for a present record that cannot be parsed, which is left unchanged
   */
  readonly commit: (change: RecordChange) => Promise<boolean>;
}

/** What a store is built from. */
export interface StoreParts {
  /** The `CODEX_HOME` it belongs to, absolute. */
  readonly codexHome: string;
  readonly backend: Backend;
  /** Takes the lock; see {@link CredentialStore.lock}. */
  readonly lock: (limitMs: number) => Promise<LockResult>;
}

/** The place of one login. */
export class CredentialStore {
  readonly codexHome: string;
  readonly #backend: Backend;
  readonly #lock: StoreParts["lock"];

  constructor({ backend, codexHome, lock }: StoreParts) {
    this.codexHome = codexHome;
    this.#backend = backend;
    this.#lock = lock;
  }

  /** Where the record was last read or written; before that, where it would be written. */
  get source(): CredentialSource {
    return this.#backend.source;
  }

  /** Says what is missing where {@link read} finds nothing; completes a sentence. */
  get absence(): string {
    return this.#backend.absence;
  }

  /**
   * Reads the record.
   *
   * @returns `undefined` where there is none
   * @throws CulvertError `auth_storage` for a record that cannot be read or parsed; the signal's reason
   */
  async read(signal?: AbortSignal): Promise<AuthRecord | undefined> {
    return parseAuthRecord(await this.#backend.read(signal), this.source);
  }

  /**
   * Makes sure that a write will succeed, before something is spent that only the write can save. Creates the
   * home directory.
   *
   * @throws CulvertError `auth_storage`; `details.problem` is `too_large` for a keyring that is too small; the
   *   signal's reason
   */
  async reserve(reservation: Reservation = {}): Promise<WriteSlot> {
    const slot = await this.#backend.reserve(reservation);
    const { exclusively = (work) => work() } = slot;
    return {
      commit: (change) => exclusively(() => this.#commit(slot, change)),
      [Symbol.asyncDispose]: slot[Symbol.asyncDispose],
    };
  }

  /**
   * Makes sure that a new login can be saved, before the user signs in.
   *
   * @throws CulvertError as {@link reserve}; also for a record that cannot be parsed
   */
  async check(reservation: Reservation = {}): Promise<void> {
    replaceable(await this.#backend.read(reservation.signal), this.source);
    await using _slot = await this.reserve(reservation);
  }

  /**
   * Changes the record in one step.
   *
   * @returns whether it was written
   * @throws CulvertError `auth_storage`
   */
  async change(change: RecordChange): Promise<boolean> {
    await using slot = await this.reserve();
    return await slot.commit(change);
  }

  /**
   * Removes the record, and every older one that would be found after it. Goes on after a failure.
   *
   * @returns whether there was one
   * @throws CulvertError `auth_storage` with every failure
   */
  async remove(): Promise<boolean> {
    return await removeAll(this.#backend.removals);
  }

  /**
   * Takes this program's own lock on the login. It may be held during requests. The codex client does not know
   * it, and never waits for it.
   *
   * @param limitMs how long to wait for another holder. Default: longer than a refresh may take
   */
  async lock(limitMs = LOCK_LIMIT_MS): Promise<LockResult> {
    return await this.#lock(limitMs);
  }

  async #commit(slot: BackendSlot, change: RecordChange): Promise<boolean> {
    const raw = change(replaceable(await this.#backend.read(undefined, true), this.source));
    if (raw !== undefined) await slot.write(raw);
    return raw !== undefined;
  }
}

/** Parses a record that is about to be replaced. An empty text counts as no record. @throws as {@link parseAuthRecord} */
export function replaceable(text: string | undefined, source: CredentialSource): AuthRecord | undefined {
  return parseAuthRecord(text?.trim() === "" ? undefined : text, source);
}

/**
 * Removes several places of one login, and goes on after a failure.
 *
 * @param removals each returns whether there was something
 * @returns whether any of them removed something
 * @throws CulvertError `auth_storage` with every failure, after all were tried
 */
export async function removeAll(removals: readonly (() => Promise<boolean>)[]): Promise<boolean> {
  const failures: CulvertError[] = [];
  let removed = 0;
  for (const remove of removals) {
    const wasThere = await handleFailure(remove(), (failure) => void failures.push(failure));
    if (wasThere === true) removed++;
  }
  const [first] = failures;
  if (first === undefined) return removed > 0;
  const messages = [...new Set(failures.map(({ message }) => message))].join("; ");
  const rest = removed === 0 ? "" : ". The login was removed from the other places";
  throw new CulvertError("auth_storage", `${messages}${rest}`, {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    details: { ...first.details, removed },
    cause: first,
  });
}
