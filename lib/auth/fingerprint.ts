/**
 * How a token is recognised without keeping it.
 *
 * @module
 */

/** SHA-256 of a token in hex: enough to recognise it again, and of no use to anybody else. */
export async function fingerprint(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
