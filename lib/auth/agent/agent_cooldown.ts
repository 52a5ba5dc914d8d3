/**
 * Accounts for which no agent could be registered recently. They are noted, as hashes, in the file that is locked
 * during a registration, so that every process reads the note before it asks the authority.
 *
 * @module
 */
import type { HeldLock } from "../../files/file_lock.ts";
import { fingerprint } from "../fingerprint.ts";
import { jsonObject } from "../json.ts";

/** How long no process asks again, ms (as codex 0.171.0). */
const COOLDOWN_MS = 3_600_000;

/** What a cooldown applies to. */
export interface CooldownSubject {
  readonly accountId: string;
  /** Base URL of the ChatGPT backend. */
  readonly backend: string;
  /** Base URL of the authority that registers agents. */
  readonly authority: string;
}

/** Tells whether a subject has a cooldown. @param now ms since 1970 */
export async function isCoolingDown(lock: HeldLock, subject: CooldownSubject, now: number): Promise<boolean> {
  return (await activeCooldowns(lock, now))[await keyOf(subject)] !== undefined;
}

/** Starts a cooldown. @param now ms since 1970 */
export async function startCooldown(lock: HeldLock, subject: CooldownSubject, now: number): Promise<void> {
  const others = await activeCooldowns(lock, now);
  await lock.writeNote(JSON.stringify({ ...others, [await keyOf(subject)]: now + COOLDOWN_MS }));
}

/** Returns the ends of the cooldowns by key. An end that is too far away was written with a wrong clock. */
async function activeCooldowns(lock: HeldLock, now: number): Promise<Readonly<Record<string, number>>> {
  const ends = Object.entries(jsonObject(await lock.readNote()) ?? {});
  return Object.fromEntries(ends.flatMap(([key, end]) => {
    const isActive = typeof end === "number" && end > now && end <= now + COOLDOWN_MS;
    return isActive ? [[key, end]] : [];
  }));
}

function keyOf({ accountId, backend, authority }: CooldownSubject): Promise<string> {
  return fingerprint(`${accountId}\n${backend}\n${authority}`);
}
