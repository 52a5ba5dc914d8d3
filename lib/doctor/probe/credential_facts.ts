/**
 * Facts about a credential for the findings of the doctor, and its secrets for the redactor.
 *
 * @module
 */
import type { Credential } from "../../auth/credential.ts";
import { findCredential } from "../../auth/policy/find_credential.ts";
import { openStore } from "../../auth/store/open_store.ts";
import type { Settings } from "../../config/settings.ts";
import type { World } from "../../world/world.ts";
import { readClaims } from "../../auth/jwt_claims.ts";
import { expiryOf } from "../../auth/auth_record.ts";

/**
 * Returns the credential of a turn. A stored login that the configuration does not allow is not removed.
 *
 * @returns secret
 * @throws CulvertError `auth_missing`, `auth_storage`, `input_unreadable`
 */
export async function credentialOf(settings: Settings, world: World): Promise<Credential> {
  const { apiKeyFile, codexHome, loginPolicy, loginStorage, provider } = settings;
  return await findCredential({
    provider,
    world,
    loginPolicy,
    store: () => openStore({ codexHome, loginStorage, world, warn: () => {} }),
    ...(apiKeyFile === undefined ? {} : { apiKeyFile }),
  });
}

/** Returns the time at which a credential expires, ms since 1970; `undefined` if it does not contain one. */
export function expiryOfCredential(credential: Credential): number | undefined {
  switch (credential.kind) {
    case "managed":
      return expiryOf(credential.record);
    case "bearer":
    case "personal_access_token":
      return readClaims(credential.token)?.expiresAt;
    case "agent_identity":
      return typeof credential.identity === "string" ? readClaims(credential.identity)?.expiresAt : undefined;
    case "command":
    case "none":
      return undefined;
  }
}

/** Returns every value of a credential that must not be printed. The result is secret. */
export function secretsOf(credential: Credential): readonly string[] {
  switch (credential.kind) {
    case "bearer":
    case "personal_access_token":
      return [credential.token];
    case "managed":
      return textsIn(credential.record.raw);
    case "agent_identity":
      return typeof credential.identity === "string" ? [credential.identity] : textsIn(credential.identity);
    case "command":
      return credential.auth.args;
    case "none":
      return [];
  }
}

/** Returns the texts in a value that are long enough to be a secret. Shorter ones are words such as a mode. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return value.length >= 16 ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
