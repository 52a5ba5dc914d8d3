/**
 * Decodes base64 that comes from outside.
 *
 * @module
 */

/** Decodes base64 (RFC 4648 §4); `undefined` if the text is none. */
export function decodedBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.fromBase64(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
