/**
 * A note in the lock file about the refresh token that the authority refused last. Other processes with the same
 * token read it and send no request.
 *
 * @module
 */
import type { CulvertError } from "../../errors.ts";
import type { HeldLock } from "../../files/file_lock.ts";
import { sha256Hex } from "../../text/sha256.ts";
import type { PermanentReason } from "../recovery/refresh_failure.ts";

const REASONS: readonly PermanentReason[] = ["expired", "exhausted", "revoked", "other"];

/** Returns why a token was refused; `undefined` where the note is about another token. */
export async function knownRefusal(
  lock: HeldLock,
  refreshToken: string,
): Promise<PermanentReason | undefined> {
  const note = await lock.readNote();
  if (note["refused_sha256"] !== await sha256Hex(refreshToken)) return undefined;
  return REASONS.find((reason) => reason === note["reason"]);
}

/** Writes the note. @param refusal as `permanentFailure` returns it */
export async function noteRefusal(
  lock: HeldLock,
  refreshToken: string,
  { details: { reason = "other" } }: CulvertError,
): Promise<void> {
  await lock.writeNote({ refused_sha256: await sha256Hex(refreshToken), reason });
}
