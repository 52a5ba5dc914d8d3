/**
 * The secrets of one login: verifier, challenge and state.
 *
 * @module
 */
import { calculatePKCECodeChallenge, generateRandomCodeVerifier, generateRandomState } from "oauth4webapi";

/** What ties a login's answer to its question. */
export interface LoginSecrets {
  /** PKCE code verifier (RFC 7636 §4.1). Secret until the exchange. */
  readonly verifier: string;
  /** Its SHA-256, base64url. */
  readonly challenge: string;
  /** Comes back with the answer (RFC 6749 §10.12). */
  readonly state: string;
}

/** Makes the secrets of one login: 256 bits of chance each. */
export async function loginSecrets(): Promise<LoginSecrets> {
  const verifier = generateRandomCodeVerifier();
  return { verifier, challenge: await calculatePKCECodeChallenge(verifier), state: generateRandomState() };
}
