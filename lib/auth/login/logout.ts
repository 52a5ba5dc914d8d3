/**
 * Signs out: revokes the stored login and removes it.
 *
 * @module
 */
import { handleFailure } from "../../errors.ts";
import { ownerCachePath } from "../api_key/personal_access_token.ts";
import type { CredentialSource } from "../authenticator.ts";
import { revokeLogin } from "../chatgpt/token_endpoint.ts";
import { removeIfThere } from "../../files/whole_file.ts";
import type { SaveParts } from "./login_parts.ts";

/** The result of signing out. */
interface SignedOut {
  /** Whether there was a stored credential. */
  readonly wasSignedIn: boolean;
  /** Where it was, or would have been. */
  readonly source: CredentialSource;
}

/**
 * Revokes the stored login (a failure is a warning) and removes it. Variables of the environment are ignored.
 *
 * @throws CulvertError `auth_storage`
 */
export async function logout(parts: SaveParts): Promise<SignedOut> {
  const { store } = parts;
  using _lock = await store.lock();
  await revokeStored(parts);
  const { source } = store;
  const wasSignedIn = await store.remove();
  await removeIfThere(ownerCachePath(store.codexHome));
  return { wasSignedIn, source };
}

async function revokeStored(parts: SaveParts): Promise<void> {
  const warn = (message: string) => parts.warn({ code: "auth_not_revoked", message });
  const record = await handleFailure(parts.store.read(), ({ message }) => {
    warn(`Nothing was revoked: ${message}`);
  });
  const problem = record === undefined ? undefined : await revokeLogin(parts, record);
  if (problem !== undefined) warn(`The login was removed here but not revoked: ${problem}`);
}
