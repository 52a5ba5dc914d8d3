/**
 * A ChatGPT login in use. Its tokens are renewed when they are due, by one request for all processes.
 *
 * @module
 */
import { raceAbort } from "../../async/race_abort.ts";
import { singleFlight } from "../../async/single_flight.ts";
import { CulvertError, handleFailure } from "../../errors.ts";
import type { Warning } from "../../warning.ts";
import { type AuthRecord, isDue, isExpired } from "../auth_record.ts";
import type { CredentialStore } from "../store/credential_store.ts";
import type { HeldLock } from "../../files/file_lock.ts";
import { accountFacts, bearerHeaders } from "../auth_headers.ts";
import type { CredentialSource } from "../authenticator.ts";
import { defined } from "../../text/json.ts";
import { readClaims } from "../jwt_claims.ts";
import type { ActiveCredential, RefreshReason } from "../recovery/active_credential.ts";
import { isPermanent, permanentFailure, transientFailure } from "../recovery/refresh_failure.ts";
import type { Authority } from "./auth_exchange.ts";
import { knownRefusal, noteRefusal } from "./refused_tokens.ts";
import { StoredLogin } from "./stored_login.ts";
import { refreshGrant } from "./token_endpoint.ts";

/** How long to wait for another process that renews while the present token is still valid, ms. */
const LOCK_LIMIT_WHILE_VALID_MS = 5_000;
/** A token that was received this recently is not renewed, ms: the clock may be wrong. */
const JUST_RECEIVED_MS = 60_000;
const CLOCK_TOLERANCE_MS = 120_000;
const TAKEN_OVER = "Using tokens that another process renewed";

/** What a login works with. */
export interface ManagedLoginOptions extends Authority {
  readonly store: CredentialStore;
  /** As read from `store`; mode `chatgpt`, with tokens. */
  readonly record: AuthRecord;
  /** Receives what `-v` shows. */
  readonly note: (message: string) => void;
  readonly warn: (warning: Warning) => void;
  /** Takes work that must be finished before the process ends. */
  readonly hold?: ((work: Promise<unknown>) => void) | undefined;
}

/** A ChatGPT login as the credential of a session. Creating it sends no request. */
export class ManagedLogin implements ActiveCredential {
  readonly mode = "chatgpt";
  readonly source: CredentialSource;
  readonly renewal = { mode: "managed", login: this } as const;
  readonly #options: ManagedLoginOptions;
  readonly #login: StoredLogin;
  readonly #renewOnce: (signal: AbortSignal | undefined, reason: RefreshReason) => Promise<boolean>;
  readonly #warned = new Set<string>();
  /** Server clock minus local clock, ms; 0 while nothing is known. */
  #clockOffset = 0;
  /** When the authority last sent tokens, ms since 1970. */
  #receivedAt = -Infinity;
  /** The permanent failure of a refresh token. */
  #end: { readonly refreshToken: string; readonly error: CulvertError } | undefined;

  constructor(options: ManagedLoginOptions) {
    this.#options = options;
    this.source = options.store.source;
    const warn = (warning: Warning) => this.#warnOnce(warning);
    this.#login = new StoredLogin({ ...options, warn });
    // Once a token is sent, the answer must be saved.
    this.#renewOnce = singleFlight((_signal, reason) => {
      const work = this.#renewLocked(reason);
      options.hold?.(work);
      return work;
    }, { isDetached: true });
  }

  /** The record in use. */
  get record(): AuthRecord {
    return this.#login.record;
  }

  /** Returns the headers of one request, with tokens that are renewed first when they are due. */
  readonly authorize = async (signal?: AbortSignal) => {
    await this.current(signal);
    return { headers: this.presentHeaders() };
  };

  /** Returns the headers with the present token. */
  readonly presentHeaders = () => bearerHeaders(this.#login.accessToken, accountFacts(this.record));

  /** Returns when the access token was issued and when it expires. */
  readonly lifetime = () => {
    const { issuedAt, expiresAt } = readClaims(this.#login.accessToken) ?? {};
    return defined({ issuedAt, expiresAt });
  };

  /** Whether the record in use is in the store. */
  get isSaved(): boolean {
    return this.#login.isSaved;
  }

  /**
   * Returns the record to send, renewed first when its token is due. A refresh that fails is a warning: the token may
   * still be valid, and the server decides.
   *
   * @throws the signal's reason
   */
  async current(signal?: AbortSignal): Promise<AuthRecord> {
    await raceAbort(this.#login.saveAgain(), signal);
    const isJustReceived = this.#options.world.now() - this.#receivedAt < JUST_RECEIVED_MS;
    if (this.#login.refreshToken === "" || isJustReceived || !isDue(this.record, this.#now())) {
      return this.record;
    }
    await handleFailure(this.renew("proactive_expiry", signal), ({ message }) => {
      signal?.throwIfAborted();
      this.#warnOnce({ code: "auth_refresh_failed", message: `${message}; using the current token` });
    });
    return this.record;
  }

  /** As {@link StoredLogin.reload}. */
  async reload(signal?: AbortSignal): Promise<boolean> {
    return await raceAbort(this.#login.reload(signal), signal);
  }

  /**
   * Renews the tokens: takes over what another process stored, else asks the authority. Calls at the same time share
   * one refresh. An abort ends the wait, not the refresh.
   *
   * @returns whether the access token is another one now
   * @throws CulvertError `auth_refresh_failed`, `auth_storage`; the signal's reason
   */
  async renew(reason: RefreshReason, signal?: AbortSignal): Promise<boolean> {
    return await this.#renewOnce(signal, reason);
  }

  async #renewLocked(reason: RefreshReason): Promise<boolean> {
    const { store } = this.#options;
    using result = await store.lock(this.#isStillValid(reason) ? LOCK_LIMIT_WHILE_VALID_MS : undefined);
    if (result.kind === "busy") {
      if (await this.#login.reload()) return true;
      const facts = { store: store.source.name };
      throw transientFailure("another process did not finish renewing it in time", facts);
    }
    const lock = result.kind === "held" ? result.lock : undefined;
    if (lock === undefined) {
      this.#options.note(`No lock for the login in ${store.source.name}; renewing it without a lock`);
    }
    if (await this.#login.reload()) {
      this.#options.note(TAKEN_OVER);
      if (!isDue(this.record, this.#now())) return true;
    }
    const sent = this.#login.refreshToken;
    if (sent === "") throw permanentFailure("no_refresh_token");
    if (this.#end?.refreshToken === sent) throw this.#end.error;
    const refusal = lock === undefined ? undefined : await knownRefusal(lock, sent);
    if (refusal !== undefined) throw this.#ended(sent, permanentFailure(refusal, { known: true }));
    return await this.#renewHolding(lock, sent, reason);
  }

  async #renewHolding(lock: HeldLock | undefined, sent: string, reason: RefreshReason): Promise<boolean> {
    // A token that is spent without a place for its successor is a lost login.
    await using slot = await this.#options.store.reserve();
    const before = this.#login.accessToken;
    const reply = await handleFailure(refreshGrant(this.#options, sent, reason), async (failure) => {
      if (!isPermanent(failure)) throw failure;
      this.#login.markSpent(sent);
      // The codex client takes no lock around its request and may have been faster.
      if (await handleFailure(this.#login.reload(), () => false)) {
        this.#options.note(TAKEN_OVER);
        return undefined;
      }
      if (lock !== undefined && failure.details["error_code"] !== undefined) {
        await noteRefusal(lock, sent, failure);
      }
      throw this.#ended(sent, failure);
    });
    if (reply === undefined) return true;
    this.#login.accept(reply.tokens);
    this.#receivedAt = this.#options.world.now();
    this.#end = undefined;
    await this.#login.save(slot);
    this.#compareClocks(reply.serverTime);
    return this.#login.accessToken !== before;
  }

  #isStillValid(reason: RefreshReason): boolean {
    return reason === "proactive_expiry" && !isExpired(this.record, this.#now());
  }

  #ended(refreshToken: string, error: CulvertError): CulvertError {
    this.#end = { refreshToken, error };
    return error;
  }

  #compareClocks(serverTime: number): void {
    const offset = serverTime - this.#options.world.now();
    if (!(Math.abs(offset) > CLOCK_TOLERANCE_MS)) return;
    this.#clockOffset = offset;
    const minutes = Math.round(Math.abs(offset) / 60_000);
    const message =
      `The local clock is ${minutes} min ${
        offset > 0 ? "behind" : "ahead of"
      } the clock of the authorization server; ` +
      "synchronize it, otherwise the expiry of tokens is calculated wrongly";
    this.#warnOnce({ code: "clock_skew", message });
  }

  #now(): number {
    return this.#options.world.now() + this.#clockOffset;
  }

  #warnOnce(warning: Warning): void {
    if (this.#warned.has(warning.code)) return;
    this.#warned.add(warning.code);
    this.#options.warn(warning);
  }
}
