/**
 * A note in the lock file about the last refresh token that the authority refused for good. Every other process
 * that holds the same dead token reads it and does not ask again.
 *
 * @module
 */
import { fingerprint } from "../fingerprint.ts";
import type { HeldLock } from "../credential_store.ts";
import type { PermanentReason } from "../recovery/refresh_failure.ts";
import { jsonObject } from "../json.ts";

const REASONS: readonly PermanentReason[] = ["expired", "exhausted", "revoked", "other"];

/** Why this token is known to be dead; `undefined` when nothing is known. */
export async function knownRefusal(
  lock: HeldLock,
  refreshToken: string,
): Promise<PermanentReason | undefined> {
  const note = jsonObject(await lock.readNote());
  if (note?.["refused_sha256"] !== await fingerprint(refreshToken)) return undefined;
  return REASONS.find((reason) => reason === note["reason"]);
}

/** Leaves the note. */
export async function noteRefusal(
  lock: HeldLock,
  refreshToken: string,
  reason: PermanentReason,
): Promise<void> {
  await lock.writeNote(JSON.stringify({ refused_sha256: await fingerprint(refreshToken), reason }));
}
