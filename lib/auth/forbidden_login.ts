/**
 * A stored login that the configuration does not allow is removed, as the codex client does (0.169.0): whoever
 * forces a login wants no other one to lie about.
 *
 * @module
 */
import type { LoginPolicy } from "../config/settings.ts";
import { CulvertError } from "../errors.ts";
import type { World } from "../world.ts";
import type { AuthFile } from "./auth_file.ts";
import { storedCredential } from "./credential.ts";
import { acquireFileLock } from "./file_lock.ts";
import { LOGIN_POLICY } from "./login_policy.ts";

const LOCK_LIMIT_MS = 45_000;

/**
 * Removes `auth.json` if what is in it now is not allowed: another process may have signed in meanwhile. Nothing
 * is revoked, for that takes a request.
 *
 * @returns whether it was removed
 * @throws CulvertError `auth_storage` when it cannot be
 */
export async function removeForbidden(file: AuthFile, world: World, policy: LoginPolicy): Promise<boolean> {
  const result = await acquireFileLock(file.lockPath, world, LOCK_LIMIT_MS);
  try {
    await storedCredential(file, policy);
    return false;
  } catch (error) {
    if (!(error instanceof CulvertError) || error.details["problem"] !== LOGIN_POLICY) throw error;
    return await file.remove();
  } finally {
    if (result.kind === "held") result.lock.release();
  }
}
