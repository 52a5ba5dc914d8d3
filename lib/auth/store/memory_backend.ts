/**
 * A login in the memory of the process.
 *
 * @module
 */
import { heldLock, type LockResult, noLock } from "../../files/file_lock.ts";
import type { JsonObject } from "../../text/json.ts";
import type { World } from "../../world/world.ts";
import type { Backend } from "./backend.ts";
import { CredentialStore } from "./credential_store.ts";

/** Pause between two tries to take the lock, ms. */
const LOCK_PAUSE_MS = 10;

/** What the process keeps for one home. */
interface Place {
  text?: string | undefined;
  note: JsonObject;
  isLocked: boolean;
}

/** By key; all stores of one home share a place. */
const PLACES = new Map<string, Place>();

/**
 * Returns the store of a login that is kept until the process ends. Nothing is written to disk, not even a lock file.
 *
 * @param key identifies the home
 */
export function memoryStore(
  { codexHome, key, world }: {
    readonly codexHome: string;
    readonly key: string;
    readonly world: Pick<World, "monotonic" | "sleep">;
  },
): CredentialStore {
  const place = PLACES.get(key) ?? { note: {}, isLocked: false };
  PLACES.set(key, place);
  const backend: Backend = {
    source: { kind: "memory", name: "the memory of this process" },
    absence: "a login is kept in memory only, until the process ends " +
      '(cli_auth_credentials_store = "ephemeral" in config.toml)',
    read: () => Promise.resolve(place.text),
    reserve: () =>
      Promise.resolve({
        write: (raw) => Promise.resolve(void (place.text = JSON.stringify(raw))),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
    removals: [() => {
      const wasThere = place.text !== undefined;
      place.text = undefined;
      return Promise.resolve(wasThere);
    }],
  };
  const lock = async (limitMs: number): Promise<LockResult> => {
    const end = world.monotonic() + limitMs;
    while (place.isLocked) {
      if (world.monotonic() >= end) return noLock("busy");
      await world.sleep(LOCK_PAUSE_MS);
    }
    place.isLocked = true;
    return heldLock({
      readNote: () => Promise.resolve(place.note),
      writeNote: (note) => Promise.resolve(void (place.note = note)),
      release: () => void (place.isLocked = false),
    });
  };
  return new CredentialStore({ codexHome, backend, lock });
}
