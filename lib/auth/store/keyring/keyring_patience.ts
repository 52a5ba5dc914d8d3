/**
 * How long one store waits for the keyring: as long as a person needs for a password, but not while other programs
 * wait for the store.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import type { LockResult } from "../../credential_store.ts";
import type { KeyringCall } from "./keyring.ts";

/** How long a call may take while the lock is held, ms: what asks nobody takes far less. */
const LIMIT_WHILE_HELD_MS = 10_000;

/** The patience of one store. */
export class Patience {
  #held = 0;

  /** A call that is made now. */
  call(signal?: AbortSignal): KeyringCall {
    return { signal, limitMs: this.#held === 0 ? undefined : LIMIT_WHILE_HELD_MS };
  }

  /**
   * Takes a lock, behind any question that the keyring may have for a person.
   *
   * @param ask a call of the keyring; whether it fails is for the next one to say
   * @param take waits for the lock
   */
  async lock(ask: () => Promise<unknown>, take: () => Promise<LockResult>): Promise<LockResult> {
    try {
      await ask();
    } catch (error) {
      if (!(error instanceof CulvertError)) throw error;
    }
    const result = await take();
    if (result.kind !== "held") return result;
    const { lock } = result;
    this.#held++;
    const release = () => {
      this.#held--;
      lock.release();
    };
    return { kind: "held", lock: { ...lock, release } };
  }
}
