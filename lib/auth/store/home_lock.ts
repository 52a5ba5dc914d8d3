/**
 * The lock of this program on the login of a home.
 *
 * @module
 */
import { acquireFileLock, type LockResult } from "../../files/file_lock.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { World } from "../../world/world.ts";

/** The lock of this program, held while a login is renewed or replaced. */
const OWN_LOCK = "culvert-auth.lock";

/** Returns the path of {@link lockHome}'s file. */
export function ownLockPath(codexHome: string): string {
  return absolutePath(OWN_LOCK, codexHome);
}

/**
 * Takes this program's lock on the login of a home.
 *
 * @param codexHome absolute; it must exist
 * @param limitMs how long to wait for another holder
 */
export async function lockHome(codexHome: string, world: World, limitMs: number): Promise<LockResult> {
  return await acquireFileLock(ownLockPath(codexHome), world, limitMs);
}
