/**
 * A login in the keyring where one can be used, else in `auth.json`.
 *
 * Both may contain one, when the keyring could not be used for the later login. So each record that is written here
 * carries the time, in a member of its own. The codex client (0.171.0) ignores that member and drops it when it
 * rewrites the record; then `last_refresh` counts. Without either the keyring comes first, as in that client.
 *
 * @module
 */
import { type CulvertError, handleFailure } from "../../errors.ts";
import type { Warning } from "../../warning.ts";
import type { World } from "../../world/world.ts";
import { type AuthRecord, parseAuthRecord } from "../auth_record.ts";
import type { CredentialSource } from "../authenticator.ts";
import type { JsonObject } from "../../text/json.ts";
import type { Backend, BackendSlot, Reservation } from "./backend.ts";
import { removeAll } from "./credential_store.ts";
import { withoutFile } from "./keyring/keyring_backend.ts";

/** The member with the time of saving, RFC 3339. */
const SAVED_AT = "culvert_saved_at";
/** Problems of a system without a usable keyring. */
const NO_KEYRING = ["not_installed", "no_service", "unsupported"];
/** Problems that a second call would meet too, some of them after a minute. */
const LASTING = [...NO_KEYRING, "not_started", "timeout"];
const STILL_FIRST = "if the keyring contains an earlier login, the codex client uses that one first";

interface AutoParts {
  readonly kept: Backend;
  readonly file: Backend;
  readonly world: Pick<World, "now">;
  readonly warn: (warning: Warning) => void;
}

/** The login of one home, in the keyring or in `auth.json`. */
export class AutoBackend implements Backend {
  readonly absence = "neither the keyring nor auth.json contains one";
  readonly #parts: AutoParts;
  /** The keyring; a login that is saved there is removed from the file. */
  readonly #keyring: Backend;
  /** Where the login in use was read or written; `undefined` before that. */
  #used: CredentialSource | undefined;
  /** Why the keyring is not used any more. */
  #unusable: CulvertError | undefined;
  readonly #warned = new Set<string>();

  constructor(parts: AutoParts) {
    this.#parts = parts;
    this.#keyring = withoutFile(parts.kept, parts.file, parts.warn);
  }

  /** Where the record was last read or written. */
  get source(): CredentialSource {
    return this.#used ?? this.#parts.kept.source;
  }

  /** The removals from both. Where the system has no keyring, that is a warning. */
  get removals(): Backend["removals"] {
    const { kept, file } = this.#parts;
    const fromKeyring = kept.removals.map((remove) => () =>
      handleFailure(this.#unusable === undefined ? remove() : Promise.reject(this.#unusable), (failure) => {
        if (!NO_KEYRING.includes(problemOf(failure))) throw failure;
        this.#warn(failure, "its entry was not removed");
        return false;
      })
    );
    return [...fromKeyring, ...file.removals];
  }

  /** Reads both places and returns the record that was saved later. Removes nothing. */
  readonly read = async (signal?: AbortSignal, isReplacing = false): Promise<string | undefined> => {
    const { kept, file } = this.#parts;
    const inKeyring = this.#unusable === undefined
      ? await handleFailure(
        readRecord(kept, signal),
        (failure) => this.#fallBack(failure, "reading auth.json instead", signal),
      )
      : undefined;
    if (inKeyring?.record === undefined) return this.#use(await file.read(), file.source);
    const inFile = await handleFailure(readRecord(file), (failure) => {
      if (!isReplacing) this.#warn(failure, "using the login in the keyring", "auth_file_unusable");
    });
    const isLater = savedAt(inFile?.record) > savedAt(inKeyring.record);
    return isLater ? this.#use(inFile?.text, file.source) : this.#use(inKeyring.text, kept.source);
  };

  /** Reserves in the keyring; in the file where the keyring cannot be used. */
  readonly reserve = async (reservation: Reservation): Promise<BackendSlot> => {
    const instead = "using auth.json instead";
    if (this.#unusable !== undefined) {
      this.#warn(this.#unusable, `${instead}; ${STILL_FIRST}`);
      return await this.#reserveFile(reservation, false);
    }
    return await handleFailure(this.#reserveKeyring(reservation), async (failure) => {
      const isTooLarge = problemOf(failure) === "too_large";
      if (isTooLarge) this.#warn(failure, instead);
      else this.#fallBack(failure, `${instead}; ${STILL_FIRST}`, reservation.signal);
      return await this.#reserveFile(reservation, isTooLarge);
    });
  };

  async #reserveKeyring(reservation: Reservation): Promise<BackendSlot> {
    const slot = await this.#keyring.reserve(reservation);
    const write = async (raw: JsonObject) => {
      await slot.write(this.#stamped(raw));
      this.#use(true, this.#keyring.source);
    };
    const writeFile = async (raw: JsonObject) => {
      await using inFile = await this.#reserveFile(reservation, true);
      const { exclusively = (work) => work() } = inFile;
      await exclusively(() => inFile.write(raw));
    };
    return {
      ...slot,
      write: (raw) =>
        handleFailure(write(raw), async (failure) => {
          this.#warn(failure, "writing auth.json instead");
          await writeFile(raw);
        }),
    };
  }

  /** @param removeKept removes the keyring's record after the write, which would come first otherwise */
  async #reserveFile(reservation: Reservation, removeKept: boolean): Promise<BackendSlot> {
    const { kept, file } = this.#parts;
    const slot = await file.reserve(reservation);
    const write = async (raw: JsonObject) => {
      await slot.write(this.#stamped(raw));
      this.#use(true, file.source);
      if (!removeKept) return;
      await handleFailure(removeAll(kept.removals), (failure) => this.#warn(failure, STILL_FIRST));
    };
    return { ...slot, write };
  }

  /**
   * Goes on with the file, with a warning.
   *
   * @throws the error where the login in use is the keyring's; the signal's reason
   */
  #fallBack(error: CulvertError, instead: string, signal: AbortSignal | undefined): undefined {
    // The file cannot replace a login that is in use.
    if (this.#used?.kind === "keyring" || signal?.aborted === true) throw error;
    this.#warn(error, instead);
    if (LASTING.includes(problemOf(error))) this.#unusable = error;
  }

  #use<T>(found: T, source: CredentialSource): T {
    if (found !== undefined) this.#used = source;
    return found;
  }

  #stamped(raw: JsonObject): JsonObject {
    return { ...raw, [SAVED_AT]: new Date(this.#parts.world.now()).toISOString() };
  }

  #warn(error: CulvertError, consequence: string, code = "keyring_unusable"): void {
    const message = `${error.message}; ${consequence}`;
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#parts.warn({ code, message });
  }
}

/** Returns the time of saving, ms since 1970; -Infinity where the record does not tell. */
function savedAt(record: AuthRecord | undefined): number {
  const times = [Date.parse(String(record?.raw[SAVED_AT])), record?.lastRefresh ?? NaN];
  return Math.max(...times.filter((time) => !Number.isNaN(time)));
}

async function readRecord(place: Backend, signal?: AbortSignal) {
  const text = await place.read(signal);
  return { text, record: parseAuthRecord(text, place.source) };
}

function problemOf({ details }: CulvertError): string {
  return String(details["problem"]);
}
