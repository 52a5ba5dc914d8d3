/**
 * Sign out: revoke, then forget.
 *
 * @module
 */
import { join } from "node:path";
import { CulvertError } from "../../errors.ts";
import type { AuthRecord } from "../auth_record.ts";
import type { CredentialSource } from "../authenticator.ts";
import type { LoginParts } from "./login_parts.ts";
import { revokeLogin } from "../chatgpt/revoke.ts";

const LOCK_LIMIT_MS = 45_000;

/** What signing out came to. */
export interface SignedOut {
  /** Whether there was a stored credential. */
  readonly wasSignedIn: boolean;
  /** Where it was, or would have been. */
  readonly source: CredentialSource;
}

/**
 * Revokes the stored login (best effort: a failure is a warning) and removes it from its store. The environment plays
 * no part in it: a variable neither hides the stored login nor is changed.
 *
 * @throws CulvertError `auth_storage` when it cannot be removed
 */
export async function logout(
  parts: Pick<LoginParts, "dialer" | "world" | "store" | "clientId" | "revokeUrl" | "warn">,
): Promise<SignedOut> {
  const { store, warn } = parts;
  const whoami = join(store.codexHome, "culvert-whoami.json");
  // A login that comes a moment later is a later one. Only what is there needs the lock, which leaves a file behind.
  if (await store.isEmpty()) {
    await removeCache(whoami);
    return { wasSignedIn: false, source: store.source };
  }
  const result = await store.lock(LOCK_LIMIT_MS);
  try {
    let record: AuthRecord | undefined;
    try {
      record = await store.read();
    } catch (error) {
      if (!(error instanceof CulvertError)) throw error;
      warn({ code: "auth_not_revoked", message: `Nothing was revoked: ${error.message}` });
    }
    const problem = record === undefined ? undefined : await revokeLogin(parts, record);
    if (problem !== undefined) {
      warn({ code: "auth_not_revoked", message: `The login was removed here but not revoked: ${problem}` });
    }
    const { source } = store;
    const wasSignedIn = await store.remove();
    await removeCache(whoami);
    return { wasSignedIn, source };
  } finally {
    if (result.kind === "held") result.lock.release();
  }
}

async function removeCache(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
