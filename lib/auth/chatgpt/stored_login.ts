/**
 * The record of a ChatGPT login in memory, and its relation to the record in the store: what may be taken over, and
 * what must still be saved.
 *
 * @module
 */
import { handleFailure } from "../../errors.ts";
import type { Warning } from "../../warning.ts";
import type { World } from "../../world/world.ts";
import {
  accountOf,
  type AuthRecord,
  parseAuthRecord,
  type RenewedTokens,
  renewTokens,
} from "../auth_record.ts";
import type { CredentialStore, RecordChange, WriteSlot } from "../store/credential_store.ts";
import { permanentFailure } from "../recovery/refresh_failure.ts";

const SAVE_PAUSES_MS = [0, 50, 250] as const;
/** How long a later request waits for the lock to save what an earlier one could not, ms. */
const SAVE_LOCK_LIMIT_MS = 1_000;

interface StoredLoginParts {
  readonly store: CredentialStore;
  /** As read from `store`; mode `chatgpt`, with tokens. */
  readonly record: AuthRecord;
  readonly world: Pick<World, "now" | "sleep">;
  readonly note: (message: string) => void;
  /** Receives each code at most once. */
  readonly warn: (warning: Warning) => void;
}

/** A login in memory and in a store. */
export class StoredLogin {
  readonly #parts: StoredLoginParts;
  #record: AuthRecord;
  /** Renewed tokens that are not in the store, and the refresh token that is there. */
  #unsaved: { readonly tokens: RenewedTokens; readonly replaces: string } | undefined;
  /** Refresh tokens that were used; a stored record that still has one is never taken over. */
  readonly #spent = new Set<string>();

  constructor(parts: StoredLoginParts) {
    this.#parts = parts;
    this.#record = parts.record;
  }

  /** The record in use. */
  get record(): AuthRecord {
    return this.#record;
  }

  /** The access token in use. */
  get accessToken(): string {
    return this.#record.tokens?.accessToken ?? "";
  }

  /** The refresh token in use; empty where there is none. */
  get refreshToken(): string {
    return this.#record.tokens?.refreshToken ?? "";
  }

  /** Whether the record in use is in the store. */
  get isSaved(): boolean {
    return this.#unsaved === undefined;
  }

  /**
   * Takes over a record that another process stored for the same account.
   *
   * @returns whether the access token is another one now
   * @throws CulvertError `auth_refresh_failed` for another account and for a removed login, `auth_storage`; the
   *   signal's reason
   */
  async reload(signal?: AbortSignal): Promise<boolean> {
    const path = this.#parts.store.source.name;
    const stored = await this.#parts.store.read(signal);
    const storedToken = stored?.tokens?.refreshToken;
    // The record in memory is newer.
    if (this.#unsaved !== undefined && storedToken === this.#unsaved.replaces) return false;
    if (stored === undefined) throw permanentFailure("signed_out", { path });
    if (stored.mode !== "chatgpt" || stored.tokens === undefined || !this.#isSameAccount(stored)) {
      throw permanentFailure("account_changed", { path });
    }
    if (storedToken !== undefined && this.#spent.has(storedToken)) return false;
    const isChanged = stored.tokens.accessToken !== this.accessToken;
    this.#record = stored;
    return isChanged;
  }

  /** Remembers that a refresh token was used. */
  markSpent(refreshToken: string): void {
    this.#spent.add(refreshToken);
  }

  /** Replaces the tokens in memory by renewed ones, which are still to be saved. */
  accept(tokens: RenewedTokens): void {
    const sent = this.refreshToken;
    if (tokens.refreshToken !== undefined && tokens.refreshToken !== sent) this.#spent.add(sent);
    const text = JSON.stringify(renewTokens(this.#record.raw, tokens, this.#parts.world.now()));
    this.#record = parseAuthRecord(text, this.#parts.store.source) ?? this.#record;
    this.#unsaved = { tokens, replaces: sent };
  }

  /** Saves the renewed tokens, in several tries. After a failure they stay in memory. */
  async save({ commit }: WriteSlot): Promise<void> {
    for (const pause of SAVE_PAUSES_MS) {
      await this.#parts.world.sleep(pause);
      // The reserved space serves the first try.
      if (await this.#merge(pause === 0 ? commit : this.#change)) return;
    }
  }

  /** Saves what could not be saved before. Does nothing where there is nothing to save. */
  async saveAgain(): Promise<void> {
    if (this.#unsaved === undefined) return;
    using lock = await this.#parts.store.lock(SAVE_LOCK_LIMIT_MS);
    if (lock.kind !== "busy" && await this.#merge(this.#change)) {
      this.#parts.note("The renewed login was saved");
    }
  }

  readonly #change: WriteSlot["commit"] = (change) => this.#parts.store.change(change);

  /**
   * Merges the tokens into the stored record, only while that still has the refresh token that was sent. A failure is
   * a warning.
   *
   * @returns whether nothing is left to save
   */
  async #merge(commit: WriteSlot["commit"]): Promise<boolean> {
    const unsaved = this.#unsaved;
    if (unsaved === undefined) return true;
    const change: RecordChange = (stored) => {
      const isOurs = stored?.tokens?.refreshToken === unsaved.replaces && this.#isSameAccount(stored);
      return isOurs ? renewTokens(stored.raw, unsaved.tokens, this.#parts.world.now()) : undefined;
    };
    const isWritten = await handleFailure(commit(change), ({ message }) => {
      const consequence = "the renewed login is kept in memory and saved as soon as possible";
      this.#parts.warn({ code: "auth_not_saved", message: `${message}; ${consequence}` });
    });
    if (isWritten === undefined) return false;
    this.#unsaved = undefined;
    if (!isWritten) {
      this.#parts.note("Another program changed the stored login during the refresh; it was left unchanged");
    }
    return true;
  }

  #isSameAccount(other: AuthRecord): boolean {
    return accountOf(other) === accountOf(this.#record);
  }
}
