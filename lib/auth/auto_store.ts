/**
 * A login in the keyring where there is a usable one, else in `auth.json`.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";
import type { Warning } from "../warning.ts";
import type { AuthFile } from "./auth_file.ts";
import type { AuthRecord } from "./auth_record.ts";
import type { CredentialSource } from "./authenticator.ts";
import type { CredentialStore, WriteSlot } from "./credential_store.ts";
import type { LockResult } from "./file_lock.ts";
import type { StoreBesideFile } from "./keyring_store.ts";

/** What the store is made of. */
export interface AutoStoreOptions {
  readonly inKeyring: StoreBesideFile;
  readonly file: AuthFile;
  readonly warn: (warning: Warning) => void;
}

/** `details.problem` where there is no keyring that could hold a login. */
const NO_KEYRING = ["not_installed", "no_service", "unsupported"] as const;

/** The login of one home, wherever it is of the two. */
export class AutoStore implements CredentialStore {
  readonly codexHome: string;
  readonly absence = "there is neither one in the keyring nor an auth.json";
  readonly #options: AutoStoreOptions;
  #source: CredentialSource;
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
   * Reads the keyring, and the file where that gives nothing. Where both have a login, a save to the keyring has
   * failed once, and the one that was renewed later is the one that is still good.
   */
  async read(): Promise<AuthRecord | undefined> {
    const { inKeyring, file } = this.#options;
    let kept: AuthRecord | undefined;
    try {
      kept = await inKeyring.read();
    } catch (error) {
      this.#warn(error, "reading auth.json");
    }
    if (kept?.lastRefresh === undefined && kept !== undefined) return this.#found(kept, inKeyring);
    const plain = await file.read();
    if (kept === undefined) return plain === undefined ? undefined : this.#found(plain, file);
    const isPlainNewer = (plain?.lastRefresh ?? -Infinity) > (kept.lastRefresh ?? -Infinity);
    return plain !== undefined && isPlainNewer ? this.#found(plain, file) : this.#found(kept, inKeyring);
  }

  /** False: only who asks the keyring knows. */
  isEmpty(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** A place in the keyring, or in the file where that fails. */
  async reserve(): Promise<WriteSlot> {
    const { inKeyring, file } = this.#options;
    let slot: WriteSlot;
    try {
      slot = await inKeyring.reserve();
    } catch (error) {
      this.#warn(error, "using auth.json");
      const plain = await file.reserve();
      return {
        commit: async (raw) => {
          await plain.commit(raw);
          this.#source = file.source;
        },
        abandon: plain.abandon,
      };
    }
    return {
      commit: async (raw) => {
        try {
          await slot.commit(raw);
          this.#source = inKeyring.source;
        } catch (error) {
          this.#warn(error, "writing auth.json");
          await file.write(raw);
          this.#source = file.source;
          await this.#forgetFormer();
        }
      },
      abandon: slot.abandon,
    };
  }

  /** Removes both. A keyring that cannot be used is a warning where it is not the only place left. */
  async remove(): Promise<boolean> {
    try {
      return await this.#options.inKeyring.remove();
    } catch (error) {
      if (!(error instanceof CulvertError)) throw error;
      const wasThere = error.details["removed"] !== 0;
      if (!wasThere && !NO_KEYRING.some((problem) => problem === error.details["problem"])) throw error;
      this.#options.warn({ code: "keyring_unusable", message: error.message });
      return wasThere;
    }
  }

  /** Takes the lock of the home. */
  async lock(limitMs: number): Promise<LockResult> {
    return await this.#options.inKeyring.lock(limitMs);
  }

  /** What the keyring would not replace must not come before what is in the file. */
  async #forgetFormer(): Promise<void> {
    try {
      await this.#options.inKeyring.forget();
    } catch (error) {
      this.#warn(error, "a former login there may still come first; using auth.json");
    }
  }

  #found(record: AuthRecord, { source }: CredentialStore): AuthRecord {
    this.#source = source;
    return record;
  }

  #warn(error: unknown, instead: string): void {
    if (!(error instanceof CulvertError)) throw error;
    if (this.#warned.has(error.message)) return;
    this.#warned.add(error.message);
    this.#options.warn({ code: "keyring_unusable", message: `${error.message}; ${instead} instead` });
  }
}
