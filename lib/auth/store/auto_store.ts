/**
 * A login in the keyring where there is a usable one, else in `auth.json`.
 *
 * Both may hold one: the keyring was out of reach when the later one was saved. So each record that is written here
 * says when, in a member of its own. The codex client (0.169.0) ignores that member, and drops it when it writes the
 * record anew: then `last_refresh` says when, and of an API key nothing does, and the keyring comes first, as with
 * that client.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Warning } from "../../warning.ts";
import type { World } from "../../world/world.ts";
import type { AuthFile } from "./auth_file.ts";
import type { AuthRecord } from "../auth_record.ts";
import type { CredentialSource } from "../authenticator.ts";
import type { CredentialStore, Reservation, WriteSlot } from "../credential_store.ts";
import type { LockResult } from "../credential_store.ts";
import type { StoreBesideFile } from "./keyring/keyring_store.ts";
import { removeEach } from "./remove_each.ts";

/** What the store is made of. */
export interface AutoStoreOptions {
  readonly inKeyring: StoreBesideFile;
  readonly file: AuthFile;
  readonly world: Pick<World, "now">;
  readonly warn: (warning: Warning) => void;
}

/** The member of a record that says when it was saved, RFC 3339. */
const SAVED_AT = "culvert_saved_at";
/** Problems of a system on which there is no keyring that could hold a login. */
const NO_KEYRING = ["not_installed", "no_service", "unsupported"];
/** Problems that asking again would only meet again, some of them a minute later. */
const LASTING = [...NO_KEYRING, "not_started", "timeout"];
/** What becomes of an entry that could not be looked at, or not be removed. */
const STILL_FIRST = "a former login in the keyring, if there is one, still comes first for the codex client";

/** The login of one home, wherever it is of the two. */
export class AutoStore implements CredentialStore {
  readonly codexHome: string;
  readonly absence = "there is neither one in the keyring nor an auth.json";
  readonly #options: AutoStoreOptions;
  #source: CredentialSource;
  /** Whether the login in use was in the keyring once: then no other place stands in for it. */
  #isKeyringLogin = false;
  /** Why the keyring is not asked any more. */
  #unusable: CulvertError | undefined;
  readonly #warned = new Set<string>();

  constructor(options: AutoStoreOptions) {
    this.codexHome = options.file.codexHome;
    this.#options = options;
    this.#source = options.inKeyring.source;
  }

  /** Where the record was last. */
  get source(): CredentialSource {
    return this.#source;
  }

  /**
   * Reads the keyring, and the file where that gives nothing. Where both have a login, the one that was saved later
   * is the one that is still good. Nothing is removed by looking.
   */
  async read(signal?: AbortSignal): Promise<AuthRecord | undefined> {
    const { inKeyring, file } = this.#options;
    if (this.#unusable !== undefined) return this.#inFile(await file.read());
    let kept: AuthRecord | undefined;
    try {
      kept = await inKeyring.read(signal);
    } catch (error) {
      this.#fallBack(error, "reading auth.json instead", signal);
      return this.#inFile(await file.read());
    }
    if (kept === undefined) return this.#inFile(await file.read());
    const plain = await this.#readBeside();
    if (plain !== undefined && savedAt(plain) > savedAt(kept)) return this.#inFile(plain);
    this.#movedToKeyring();
    return kept;
  }

  /** False: only who asks the keyring knows. */
  isEmpty(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /**
   * A place in the keyring, or in the file where that fails. What is in the keyring and could not be understood is
   * left alone.
   */
  async reserve(reservation: Reservation = {}): Promise<WriteSlot> {
    const instead = "using auth.json instead";
    if (this.#unusable !== undefined) {
      this.#warn(this.#unusable, `${instead}; ${STILL_FIRST}`);
      return await this.#slotInFile();
    }
    let slot: WriteSlot;
    try {
      slot = await this.#options.inKeyring.reserve(reservation);
    } catch (error) {
      if (problemOf(error) === "too_large") {
        this.#warn(error, instead);
        return await this.#slotInFile(() => this.#forgetFormer());
      }
      this.#fallBack(error, `${instead}; ${STILL_FIRST}`, reservation.signal);
      return await this.#slotInFile();
    }
    return {
      commit: async (raw) => {
        try {
          await slot.commit(this.#stamped(raw));
        } catch (error) {
          this.#warn(error, "writing auth.json instead");
          const plain = await this.#slotInFile(() => this.#forgetFormer());
          return await plain.commit(raw);
        }
        this.#movedToKeyring();
      },
      abandon: slot.abandon,
    };
  }

  /** Removes both. A keyring that cannot be asked is a warning where there is none at all. */
  async remove(): Promise<boolean> {
    const { inKeyring, file } = this.#options;
    const inKeyringAlone = inKeyring.removals.map((remove) => () => this.#ifThereIsKeyring(remove));
    return await removeEach([...inKeyringAlone, () => file.remove()]);
  }

  /** Takes the lock of the home. */
  async lock(limitMs: number): Promise<LockResult> {
    const { inKeyring, file } = this.#options;
    return await (this.#unusable === undefined ? inKeyring : file).lock(limitMs);
  }

  /** The file's record beside a good one in the keyring, which needs none. */
  async #readBeside(): Promise<AuthRecord | undefined> {
    try {
      return await this.#options.file.read();
    } catch (error) {
      this.#warn(error, "using the login in the keyring", "auth_file_unusable");
      return undefined;
    }
  }

  /** @param then what follows when the record is safe there */
  async #slotInFile(then: () => Promise<void> = () => Promise.resolve()): Promise<WriteSlot> {
    const { file } = this.#options;
    const slot = await file.reserve();
    return {
      commit: async (raw) => {
        await slot.commit(this.#stamped(raw));
        this.#isKeyringLogin = false;
        this.#source = file.source;
        await then();
      },
      abandon: slot.abandon,
    };
  }

  /** What the keyring would not replace must not come before what is in the file, not even for other programs. */
  async #forgetFormer(): Promise<void> {
    try {
      await this.#options.inKeyring.forget();
    } catch (error) {
      this.#warn(error, STILL_FIRST);
    }
  }

  async #ifThereIsKeyring(remove: () => Promise<boolean>): Promise<boolean> {
    try {
      if (this.#unusable !== undefined) throw this.#unusable;
      return await remove();
    } catch (error) {
      if (!NO_KEYRING.includes(problemOf(error))) throw error;
      this.#warn(error, "nothing was removed from it");
      return false;
    }
  }

  /**
   * Goes on with the file, with a warning.
   *
   * @throws the error where nothing can stand in: the login is the keyring's, or nobody waits any more
   */
  #fallBack(error: unknown, instead: string, signal: AbortSignal | undefined): void {
    if (this.#isKeyringLogin || signal?.aborted === true) throw error;
    this.#warn(error, instead);
    if (error instanceof CulvertError && LASTING.includes(problemOf(error))) this.#unusable = error;
  }

  #inFile(record: AuthRecord | undefined): AuthRecord | undefined {
    if (record === undefined) return undefined;
    this.#isKeyringLogin = false;
    this.#source = this.#options.file.source;
    return record;
  }

  #movedToKeyring(): void {
    this.#isKeyringLogin = true;
    this.#source = this.#options.inKeyring.source;
  }

  #stamped(raw: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    return { ...raw, [SAVED_AT]: new Date(this.#options.world.now()).toISOString() };
  }

  /** @throws what is no error of a store */
  #warn(error: unknown, consequence: string, code = "keyring_unusable"): void {
    if (!(error instanceof CulvertError)) throw error;
    const message = `${error.message}; ${consequence}`;
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#options.warn({ code, message });
  }
}

/** When a record was saved, as far as it says, ms since 1970. */
function savedAt({ raw, lastRefresh = -Infinity }: AuthRecord): number {
  const said = raw[SAVED_AT];
  const stamp = typeof said === "string" ? Date.parse(said) : NaN;
  return Number.isNaN(stamp) ? lastRefresh : Math.max(stamp, lastRefresh);
}

/** The `details.problem` of an error. */
function problemOf(error: unknown): string {
  return error instanceof CulvertError ? String(error.details["problem"]) : "";
}
