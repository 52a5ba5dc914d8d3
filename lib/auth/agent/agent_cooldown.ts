/**
 * For which accounts no agent could be had lately. It is noted in the file that is locked while one is registered,
 * so that every process that is about to ask the same authority reads it first. Accounts stand there as hashes.
 *
 * @module
 */
import { jsonObject } from "../json.ts";
import type { HeldLock } from "../credential_store.ts";
import { fingerprint } from "../fingerprint.ts";

/** How long nobody asks again, ms; as the codex client, 0.169.0. */
export const COOLDOWN_MS = 3_600_000;

/** What a cooldown is for. */
export interface CooldownSubject {
  readonly accountId: string;
  /** Of the ChatGPT backend. */
  readonly home: string;
  /** Of the authority that registers agents. */
  readonly authority: string;
}

/** Whether the subject is cooling down. @param now ms since 1970 */
export async function isCooling(lock: HeldLock, subject: CooldownSubject, now: number): Promise<boolean> {
  return (await noted(lock, now))[await keyOf(subject)] !== undefined;
}

/** Lets it cool down from now on. @param now ms since 1970 */
export async function coolDown(lock: HeldLock, subject: CooldownSubject, now: number): Promise<void> {
  const others = await noted(lock, now);
  await lock.writeNote(JSON.stringify({ ...others, [await keyOf(subject)]: now + COOLDOWN_MS }));
}

/** What is still in force. An end further off than any can be was written by a clock that was wrong. */
async function noted(lock: HeldLock, now: number): Promise<Readonly<Record<string, number>>> {
  const ends = Object.entries(jsonObject(await lock.readNote()) ?? {});
  return Object.fromEntries(ends.flatMap(([key, end]) => {
    const isInForce = typeof end === "number" && end > now && end <= now + COOLDOWN_MS;
    return isInForce ? [[key, end]] : [];
  }));
}

function keyOf({ accountId, home, authority }: CooldownSubject): Promise<string> {
  return fingerprint(`${accountId}\n${home}\n${authority}`);
}
