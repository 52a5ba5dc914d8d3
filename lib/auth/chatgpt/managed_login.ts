/**
 * A ChatGPT login in use: its tokens in memory, renewed when due, one refresh for all processes.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { Observer } from "../../net/observer.ts";
import type { Warning } from "../../warning.ts";
import type { World } from "../../world/world.ts";
import type { AuthEndpoints } from "./auth_endpoints.ts";
import {
  accountOf,
  type AuthRecord,
  parseAuthRecord,
  type RenewedTokens,
  renewTokens,
} from "../auth_record.ts";
import type { CredentialStore, WriteSlot } from "../credential_store.ts";
import type { HeldLock } from "../credential_store.ts";
import { isPermanent, permanentFailure, transientFailure } from "../recovery/refresh_failure.ts";
import { knownRefusal, noteRefusal } from "./refused_tokens.ts";
import { refreshGrant, type RefreshReply } from "./token_endpoint.ts";
import { type RefreshReason } from "../recovery/active_credential.ts";
import { isDue, isExpired } from "../token_freshness.ts";
import { raceAbort } from "../../async/race_abort.ts";

/** How long to wait for another process that is renewing, ms: longer than a holder may take. */
const LOCK_LIMIT_MS = 45_000;
/** The same while the present token is still good, ms: then nothing is worth a long wait. */
const LOCK_LIMIT_WHILE_GOOD_MS = 5_000;
/** A token that was received so recently is not renewed on the word of a clock, ms: the clock may be wrong. */
const JUST_RECEIVED_MS = 60_000;
/** All that a holder of the lock may take for its exchanges, ms. */
const HOLDER_LIMIT_MS = 30_000;
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 250;
const SAVE_PAUSES_MS = [0, 50, 250] as const;
const CLOCK_TOLERANCE_MS = 120_000;

/** What a login is made of. */
export interface ManagedLoginOptions {
  readonly store: CredentialStore;
  /** As read from `store`; mode `chatgpt`, with tokens. */
  readonly record: AuthRecord;
  readonly dialer: Dialer;
  readonly world: World;
  readonly endpoints: AuthEndpoints;
  readonly observer: Observer;
  readonly warn: (warning: Warning) => void;
  /** Given work that must come to its end, whoever still waits for it: the process must not end before. */
  readonly hold?: ((work: Promise<unknown>) => void) | undefined;
}

/** A login whose tokens can be renewed. */
export class ManagedLogin {
  readonly #options: ManagedLoginOptions;
  #record: AuthRecord;
  /** Server clock minus local clock, ms; 0 while nothing is known. */
  #clockOffset = 0;
  #renewing: Promise<boolean> | undefined;
  /** The failure that ended the login, for exactly this refresh token. */
  #end: { readonly refreshToken: string; readonly error: CulvertError } | undefined;
  /** Renewed tokens that are not on disk yet, and the refresh token that is. */
  #unsaved: { readonly tokens: RenewedTokens; readonly replaces: string } | undefined;
  /** Refresh tokens that are used up; a record on disk that still has one is never adopted. */
  readonly #spent = new Set<string>();
  /** When the authority last gave tokens here, ms since 1970. */
  #receivedAt = -Infinity;
  readonly #warned = new Set<string>();

  constructor(options: ManagedLoginOptions) {
    this.#options = options;
    this.#record = options.record;
  }

  /** The record in use. */
  get record(): AuthRecord {
    return this.#record;
  }

  /**
   * The record to send with, renewed first when its token is about to expire. A refresh that fails here is a
   * warning: the token may still be good, and the server has the last word.
   *
   * @throws the signal's reason
   */
  async current(signal?: AbortSignal): Promise<AuthRecord> {
    if (this.#unsaved !== undefined) await raceAbort(this.#saveAgain(), signal);
    const { refreshToken } = tokensOf(this.#record);
    const isJustReceived = this.#options.world.now() - this.#receivedAt < JUST_RECEIVED_MS;
    if (refreshToken === "" || isJustReceived || !isDue(this.#record, this.#now())) return this.#record;
    try {
      await this.renew("proactive_expiry", signal);
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (!(error instanceof CulvertError)) throw error;
      this.#warnOnce({ code: "auth_refresh_failed", message: `${error.message}; trying the present token` });
    }
    return this.#record;
  }

  /**
   * Reads the file again and takes over what another process stored for the same account.
   *
   * @returns whether there is another token now
   * @throws CulvertError `auth_refresh_failed` when the account changed, `auth_storage` when the file is broken; the
   *   signal's reason
   */
  async reload(signal?: AbortSignal): Promise<boolean> {
    const disk = await this.#sameAccountOnDisk(signal);
    return disk !== undefined && this.#adopt(disk);
  }

  /**
   * Gets new tokens: those that another process was faster to store, else from the authority. Calls at the same
   * time share one refresh. An abort ends the wait, never the refresh: the answer must be saved.
   *
   * @returns whether there is another access token now
   * @throws CulvertError `auth_refresh_failed`; the signal's reason
   */
  async renew(reason: RefreshReason, signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted();
    if (this.#renewing === undefined) {
      this.#renewing = this.#renewLocked(reason).finally(() => (this.#renewing = undefined));
      this.#options.hold?.(this.#renewing);
    }
    return await raceAbort(this.#renewing, signal);
  }

  async #renewLocked(reason: RefreshReason): Promise<boolean> {
    const { store } = this.#options;
    const isGood = reason === "proactive_expiry" && !isExpired(this.#record, this.#now());
    const limitMs = isGood ? LOCK_LIMIT_WHILE_GOOD_MS : LOCK_LIMIT_MS;
    const result = await store.lock(limitMs);
    if (result.kind === "busy") {
      if (await this.reload()) return true;
      throw transientFailure("another process has been renewing it for too long", {
        store: store.source.name,
      });
    }
    if (result.kind === "unavailable") {
      this.#note(`No lock for the login in ${store.source.name}; renewing without one`);
      return await this.#renewHolding(undefined, reason);
    }
    try {
      return await this.#renewHolding(result.lock, reason);
    } finally {
      result.lock.release();
    }
  }

  async #renewHolding(lock: HeldLock | undefined, reason: RefreshReason): Promise<boolean> {
    const disk = await this.#sameAccountOnDisk();
    if (disk !== undefined && this.#adopt(disk)) {
      this.#note("Took over tokens that another process had renewed");
      if (!isDue(this.#record, this.#now())) return true;
    }
    const sent = tokensOf(this.#record).refreshToken;
    if (sent === "") throw permanentFailure("no_refresh_token");
    if (this.#end?.refreshToken === sent) throw this.#end.error;
    const refusal = lock === undefined ? undefined : await knownRefusal(lock, sent);
    if (refusal !== undefined) throw this.#ended(sent, permanentFailure(refusal, { known: true }));
    const slot = await this.#reserve(reason);
    let reply: RefreshReply;
    try {
      reply = await this.#ask(sent, reason);
    } catch (error) {
      await slot?.abandon();
      throw error;
    }
    if (reply.kind === "renewed") {
      const before = tokensOf(this.#record).accessToken;
      await this.#take(reply.tokens, sent, slot);
      this.#compareClocks(reply.serverTime);
      return tokensOf(this.#record).accessToken !== before;
    }
    await slot?.abandon();
    const facts = {
      ...(reply.status === undefined ? {} : { status: reply.status }),
      ...(reply.code === undefined ? {} : { error_code: reply.code }),
    };
    if (reply.kind === "transient") throw transientFailure(reply.problem, facts, reply.cause);
    this.#spent.add(sent);
    // A program that takes no lock, such as the codex client, may have been faster.
    if (await this.#adoptAfterRefusal()) return true;
    if (lock !== undefined && reply.code !== undefined) await noteRefusal(lock, sent, reply.reason);
    throw this.#ended(sent, permanentFailure(reply.reason, facts));
  }

  async #adoptAfterRefusal(): Promise<boolean> {
    try {
      return await this.reload();
    } catch (error) {
      // Then the refusal itself is the better message.
      if (error instanceof CulvertError) return false;
      throw error;
    }
  }

  /** Asks, patiently but not for ever. */
  async #ask(refreshToken: string, reason: RefreshReason): Promise<RefreshReply> {
    const { dialer, endpoints, world } = this.#options;
    const end = world.monotonic() + HOLDER_LIMIT_MS;
    for (let attempt = 1;; attempt++) {
      const left = end - world.monotonic();
      const reply = await refreshGrant(dialer, endpoints, refreshToken, reason, left);
      if (reply.kind !== "transient" || !reply.isWorthRetrying || attempt === ATTEMPTS) return reply;
      const pause = FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.9 + 0.2 * world.random());
      if (world.monotonic() + pause >= end) return reply;
      this.#note(`Refresh attempt ${attempt} failed: ${reply.problem}`);
      await world.sleep(pause);
    }
  }

  /**
   * Certainty that the answer can be saved, before the token is spent. Where it cannot, a token that is still
   * good is kept, and only one that is not is renewed in memory alone.
   */
  async #reserve(reason: RefreshReason): Promise<WriteSlot | undefined> {
    try {
      return await this.#options.store.reserve();
    } catch (error) {
      if (!(error instanceof CulvertError)) throw error;
      // No later attempt would save it, and what is stored would be dead.
      if (error.details["problem"] === "too_large") throw error;
      if (reason === "proactive_expiry" && !isExpired(this.#record, this.#now())) throw error;
      this.#warnOnce({
        code: "auth_not_saved",
        message: `${error.message}; the renewed login lives in this process alone`,
      });
      return undefined;
    }
  }

  /** Memory first, then disk. */
  async #take(tokens: RenewedTokens, sent: string, slot: WriteSlot | undefined): Promise<void> {
    if (tokens.refreshToken !== undefined && tokens.refreshToken !== sent) this.#spent.add(sent);
    const parsed = parseAuthRecord(
      JSON.stringify(renewTokens(this.#record.raw, tokens, this.#options.world.now())),
    );
    if (parsed.kind === "record") this.#record = parsed.record;
    this.#receivedAt = this.#options.world.now();
    this.#end = undefined;
    this.#unsaved = { tokens, replaces: sent };
    if (slot === undefined) return;
    let first: WriteSlot | undefined = slot;
    for (const pause of SAVE_PAUSES_MS) {
      await this.#options.world.sleep(pause);
      try {
        await this.#save(first);
        return;
      } catch (error) {
        if (!(error instanceof CulvertError)) throw error;
        this.#warnOnce({
          code: "auth_not_saved",
          message: `${error.message}; the renewed login is kept in memory and saved as soon as possible`,
        });
      }
      first = undefined;
    }
  }

  /** Merges into what is on disk now, and only where that is still the record whose token was spent. */
  async #save(slot?: WriteSlot): Promise<void> {
    const unsaved = this.#unsaved;
    if (unsaved === undefined) return;
    const { store, world } = this.#options;
    let disk: AuthRecord | undefined;
    try {
      disk = await store.read();
    } catch (error) {
      await slot?.abandon();
      throw error;
    }
    const isOurs = disk?.tokens?.refreshToken === unsaved.replaces && this.#isSameAccount(disk);
    if (disk === undefined || !isOurs) {
      await slot?.abandon();
      this.#unsaved = undefined;
      this.#note("The stored login was changed by another program meanwhile; it was left as it is");
      return;
    }
    await (slot ?? await store.reserve()).commit(renewTokens(disk.raw, unsaved.tokens, world.now()));
    this.#unsaved = undefined;
  }

  async #saveAgain(): Promise<void> {
    const result = await this.#options.store.lock(1_000);
    if (result.kind === "busy") return;
    try {
      await this.#save();
      this.#note("The renewed login was saved after all");
    } catch (error) {
      // Said once already; the tokens are in memory and the next request tries again.
      if (!(error instanceof CulvertError)) throw error;
    } finally {
      if (result.kind === "held") result.lock.release();
    }
  }

  /** The record on disk, when it may replace ours; `undefined` while ours is newer than anything there. */
  async #sameAccountOnDisk(signal?: AbortSignal): Promise<AuthRecord | undefined> {
    const disk = await this.#options.store.read(signal);
    if (this.#unsaved !== undefined && disk?.tokens?.refreshToken === this.#unsaved.replaces) {
      return undefined;
    }
    if (disk === undefined) throw permanentFailure("signed_out", { path: this.#options.store.source.name });
    if (disk.mode !== "chatgpt" || disk.tokens === undefined || !this.#isSameAccount(disk)) {
      throw permanentFailure("account_changed", { path: this.#options.store.source.name });
    }
    return disk;
  }

  #isSameAccount(other: AuthRecord): boolean {
    return accountOf(other) === accountOf(this.#record);
  }

  /** @returns whether the access token is another one now */
  #adopt(disk: AuthRecord): boolean {
    const { accessToken, refreshToken } = tokensOf(disk);
    if (refreshToken !== "" && this.#spent.has(refreshToken)) return false;
    const isChanged = accessToken !== tokensOf(this.#record).accessToken;
    this.#record = disk;
    return isChanged;
  }

  #ended(refreshToken: string, error: CulvertError): CulvertError {
    if (isPermanent(error)) this.#end = { refreshToken, error };
    return error;
  }

  #compareClocks(serverTime: number | undefined): void {
    if (serverTime === undefined) return;
    const offset = serverTime - this.#options.world.now();
    if (Math.abs(offset) <= CLOCK_TOLERANCE_MS) return;
    this.#clockOffset = offset;
    const minutes = Math.round(Math.abs(offset) / 60_000);
    this.#warnOnce({
      code: "clock_skew",
      message: `The local clock is ${minutes} min ${offset > 0 ? "behind" : "ahead of"} the authority's; ` +
        "synchronise it, or tokens seem to expire at the wrong time",
    });
  }

  #now(): number {
    return this.#options.world.now() + this.#clockOffset;
  }

  #note(message: string): void {
    this.#options.observer.observe({ kind: "note", level: "info", message });
  }

  #warnOnce(warning: Warning): void {
    if (this.#warned.has(warning.code)) return;
    this.#warned.add(warning.code);
    this.#options.warn(warning);
  }
}

function tokensOf(record: AuthRecord): { readonly accessToken: string; readonly refreshToken: string } {
  return record.tokens ?? { accessToken: "", refreshToken: "" };
}
