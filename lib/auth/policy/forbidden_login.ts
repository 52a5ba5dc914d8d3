/**
 * Removes a stored login that the configuration forbids, as the codex client does (0.171.0).
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Credential } from "../credential.ts";
import type { CredentialStore } from "../credential_store.ts";
import { storedCredential } from "./find_credential.ts";

const LOCK_LIMIT_MS = 45_000;

/**
 * Removes the stored login if it is still a forbidden one. It is not revoked, since that takes a request.
 *
 * @param isForbidden judges the credential that is stored now
 * @returns whether it was removed
 * @throws CulvertError `auth_storage`
 */
export async function removeForbidden(
  store: CredentialStore,
  isForbidden: (credential: Credential) => boolean,
): Promise<boolean> {
  const result = await store.lock(LOCK_LIMIT_MS);
  try {
    return isForbidden(await storedCredential(store)) && await store.remove();
  } catch (error) {
    // Another process removed it.
    if (error instanceof CulvertError && error.code === "auth_missing") return false;
    throw error;
  } finally {
    if (result.kind === "held") result.lock.release();
  }
}
