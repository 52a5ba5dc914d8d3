/**
 * Recognises tokens without storing them.
 *
 * @module
 */

/** Returns the SHA-256 of a text in lower-case hexadecimal. */
export async function fingerprint(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}
