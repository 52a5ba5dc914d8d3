/**
 * What may be told of a credential.
 *
 * @module
 */
import type { AuthMode } from "../../auth/authenticator.ts";
import type { Credential } from "../../auth/credential.ts";
import { readClaims } from "../../auth/jwt_claims.ts";
import { expiryOf } from "../../auth/token_freshness.ts";

/** How a credential authenticates. */
export function modeOf(credential: Credential): AuthMode {
  switch (credential.kind) {
    case "bearer":
    case "command":
      return "apikey";
    case "managed":
      return "chatgpt";
    case "personal_access_token":
      return "personalAccessToken";
    case "agent_identity":
      return "agentIdentity";
    case "none":
      return "none";
  }
}

/** When it ends, ms since 1970, where it says so. */
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

/** Every value of a credential that must not be printed. Secret. */
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

/** Texts long enough to be a secret and unlike words, anywhere below a value. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return value.length >= 16 ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
