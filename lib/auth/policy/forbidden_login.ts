/**
 * A stored login that the configuration does not allow is removed, as the codex client does (0.169.0): whoever
 * forces a login wants no other one to lie about.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { storedCredential } from "./find_credential.ts";
import { type Credential } from "../credential.ts";
import type { CredentialStore } from "../credential_store.ts";

const LOCK_LIMIT_MS = 45_000;

/**
 * Removes the stored login if what is in it now is not allowed: another process may have signed in meanwhile. Nothing
 * is revoked, for that takes a request.
 *
 * @param isForbidden judges what is stored now
 * @returns whether it was removed
 * @throws CulvertError `auth_storage` when it cannot be
 */
export async function removeForbidden(
  store: CredentialStore,
  isForbidden: (credential: Credential) => boolean,
): Promise<boolean> {
  const result = await store.lock(LOCK_LIMIT_MS);
  try {
    return isForbidden(await storedCredential(store)) && await store.remove();
  } catch (error) {
    // It is gone already.
    if (error instanceof CulvertError && error.code === "auth_missing") return false;
    throw error;
  } finally {
    if (result.kind === "held") result.lock.release();
  }
}
