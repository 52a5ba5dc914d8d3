/**
 * A login in the memory of the process, for whoever wants none on the machine.
 *
 * @module
 */
import type { World } from "../../world/world.ts";
import { type AuthRecord, parseAuthRecord } from "../auth_record.ts";
import type { CredentialSource } from "../authenticator.ts";
import type { CredentialStore, WriteSlot } from "../credential_store.ts";
import type { HeldLock, LockResult } from "../credential_store.ts";

/** What the process keeps for one home. */
interface Place {
  text: string | undefined;
  note: string;
  /** Resolved when the last one that asked for the lock has let go of it. */
  end: Promise<void>;
}

/** All stores of one home have the same place. */
const PLACES = new Map<string, Place>();

/** What the store is made of. */
export interface EphemeralStoreOptions {
  readonly codexHome: string;
  /** Tells homes apart. */
  readonly key: string;
  readonly world: Pick<World, "sleep">;
}

/** The login of one home for as long as the process lives. Nothing of it reaches the disk, not even a lock. */
export class EphemeralStore implements CredentialStore {
  readonly codexHome: string;
  readonly source: CredentialSource = { kind: "memory", name: "the memory of this process" };
  readonly absence =
    'a login is kept in memory only (cli_auth_credentials_store = "ephemeral" in config.toml), and ends with the process';
  readonly #place: Place;
  readonly #world: Pick<World, "sleep">;

  constructor({ codexHome, key, world }: EphemeralStoreOptions) {
    this.codexHome = codexHome;
    this.#world = world;
    this.#place = PLACES.get(key) ?? { text: undefined, note: "", end: Promise.resolve() };
    PLACES.set(key, this.#place);
  }

  /** As {@link CredentialStore.read}. */
  read(): Promise<AuthRecord | undefined> {
    const parsed = this.#place.text === undefined ? undefined : parseAuthRecord(this.#place.text);
    return Promise.resolve(parsed?.kind === "record" ? parsed.record : undefined);
  }

  /** As {@link CredentialStore.isEmpty}. */
  isEmpty(): Promise<boolean> {
    return Promise.resolve(this.#place.text === undefined);
  }

  /** As {@link CredentialStore.reserve}. */
  reserve(): Promise<WriteSlot> {
    return Promise.resolve({
      commit: (raw) => {
        this.#place.text = JSON.stringify(raw);
        return Promise.resolve();
      },
      abandon: () => Promise.resolve(),
    });
  }

  /** Forgets it. */
  remove(): Promise<boolean> {
    const was = this.#place.text !== undefined;
    this.#place.text = undefined;
    return Promise.resolve(was);
  }

  /** Waits for the other clients of the process. */
  async lock(limitMs: number): Promise<LockResult> {
    const place = this.#place;
    const before = place.end;
    const { promise: end, resolve: release } = Promise.withResolvers<void>();
    place.end = before.then(() => end);
    const stopTimer = new AbortController();
    const timeout = this.#world.sleep(limitMs, stopTimer.signal).then(() => "busy" as const);
    // The race may be over when the timer is called off.
    timeout.catch(() => {});
    const first = await Promise.race([before, timeout]);
    stopTimer.abort();
    if (first === "busy") {
      release();
      return { kind: "busy" };
    }
    const lock: HeldLock = {
      readNote: () => Promise.resolve(place.note),
      writeNote: (text) => {
        place.note = text;
        return Promise.resolve();
      },
      release,
    };
    return { kind: "held", lock };
  }
}
