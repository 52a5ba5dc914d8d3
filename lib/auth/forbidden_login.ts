/**
 * A stored login that the configuration does not allow is removed, as the codex client does (0.169.0): whoever
 * forces a login wants no other one to lie about.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";
import type { World } from "../world.ts";
import type { AuthFile } from "./auth_file.ts";
import { type Credential, storedCredential } from "./credential.ts";
import { acquireFileLock } from "./file_lock.ts";

const LOCK_LIMIT_MS = 45_000;

/**
 * Removes `auth.json` if what is in it now is not allowed: another process may have signed in meanwhile. Nothing
 * is revoked, for that takes a request.
 *
 * @param isForbidden judges what is in the file now
 * @returns whether it was removed
 * @throws CulvertError `auth_storage` when it cannot be
 */
export async function removeForbidden(
  file: AuthFile,
  world: World,
  isForbidden: (credential: Credential) => boolean,
): Promise<boolean> {
  const result = await acquireFileLock(file.lockPath, world, LOCK_LIMIT_MS);
  try {
    return isForbidden(await storedCredential(file)) && await file.remove();
  } catch (error) {
    // It is gone already.
    if (error instanceof CulvertError && error.code === "auth_missing") return false;
    throw error;
  } finally {
    if (result.kind === "held") result.lock.release();
  }
}
