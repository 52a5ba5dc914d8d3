/**
 * A login in the memory of the process.
 *
 * @module
 */
import type { World } from "../../world/world.ts";
import { type AuthRecord, parseAuthRecord } from "../auth_record.ts";
import type { CredentialSource } from "../authenticator.ts";
import type { CredentialStore, WriteSlot } from "../credential_store.ts";
import type { LockResult } from "../../files/file_lock.ts";

/** What the process keeps for one home. */
interface Place {
  text: string | undefined;
  note: string;
  /** Resolves when everyone who asked for the lock so far has released it. */
  end: Promise<void>;
}

/** By key; all stores of one home share a place. */
const PLACES = new Map<string, Place>();

/** The login of one home until the process ends. Nothing is written to disk, not even a lock file. */
export class EphemeralStore implements CredentialStore {
  readonly codexHome: string;
  readonly source: CredentialSource = { kind: "memory", name: "the memory of this process" };
  readonly absence = "a login is kept in memory only, until the process ends " +
    '(cli_auth_credentials_store = "ephemeral" in config.toml)';
  readonly #place: Place;
  readonly #world: Pick<World, "sleep">;

  /** @param options `key` identifies the home */
  constructor(options: {
    readonly codexHome: string;
    readonly key: string;
    readonly world: Pick<World, "sleep">;
  }) {
    this.codexHome = options.codexHome;
    this.#world = options.world;
    this.#place = PLACES.get(options.key) ?? { text: undefined, note: "", end: Promise.resolve() };
    PLACES.set(options.key, this.#place);
  }

  /** As {@link CredentialStore.read}. */
  read(): Promise<AuthRecord | undefined> {
    return Promise.resolve(this.#record());
  }

  /** As {@link CredentialStore.isEmpty}. */
  isEmpty(): Promise<boolean> {
    return Promise.resolve(this.#place.text === undefined);
  }

  /** As {@link CredentialStore.reserve}. */
  reserve(): Promise<WriteSlot> {
    return Promise.resolve({
      commit: (change) => {
        const raw = change(this.#record());
        if (raw !== undefined) this.#place.text = JSON.stringify(raw);
        return Promise.resolve(raw !== undefined);
      },
      abandon: () => Promise.resolve(),
    });
  }

  /** As {@link CredentialStore.remove}. */
  remove(): Promise<boolean> {
    const wasThere = this.#place.text !== undefined;
    this.#place.text = undefined;
    return Promise.resolve(wasThere);
  }

  /** Takes the lock of the home within this process. */
  async lock(limitMs: number): Promise<LockResult> {
    const place = this.#place;
    const before = place.end;
    const { promise: end, resolve: release } = Promise.withResolvers<void>();
    place.end = before.then(() => end);
    const timer = new AbortController();
    const timeout = this.#world.sleep(limitMs, timer.signal).then(() => "busy" as const);
    timeout.catch(() => {/* aborted below */});
    const first = await Promise.race([before, timeout]);
    timer.abort();
    if (first === "busy") {
      release();
      return { kind: "busy" };
    }
    const readNote = () => Promise.resolve(place.note);
    const writeNote = (text: string) => Promise.resolve(void (place.note = text));
    return { kind: "held", lock: { readNote, writeNote, release } };
  }

  #record(): AuthRecord | undefined {
    const parsed = this.#place.text === undefined ? undefined : parseAuthRecord(this.#place.text);
    return parsed?.kind === "record" ? parsed.record : undefined;
  }
}
