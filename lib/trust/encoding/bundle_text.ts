/**
 * Decodes the bytes of a bundle to text.
 *
 * @module
 */
import { decodeText } from "../../text/decode_text.ts";

/** The decoded text, or the finding that the bytes are not text. */
export type BundleText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "binary" };

/**
 * Decodes a bundle. A byte-order mark is removed, UTF-16 is detected with and without one, and bytes that are
 * not UTF-8, as comments may contain, become U+FFFD.
 *
 * @param bytes the whole file
 * @returns the text, or `binary` if the file begins like DER
 */
export function decodeBundle(bytes: Uint8Array): BundleText {
  // A certificate or a PKCS#7 message is a SEQUENCE of 128 bytes or more, so its second byte has the top bit
  // set, which after "0" is neither ASCII nor UTF-8.
  if (bytes[0] === 0x30 && (bytes[1] ?? 0) >= 0x80) return { kind: "binary" };
  if (isJavaKeyStore(bytes)) return { kind: "binary" };
  return { kind: "text", text: decodeText(bytes) };
}

/** First bytes of the key stores of Java, JKS and JCEKS. */
const KEY_STORES = ["feedfeed", "cececece"];

/**
 * Returns whether a file is a Java key store.
 *
 * @param bytes the whole file
 */
export function isJavaKeyStore(bytes: Uint8Array): boolean {
  return KEY_STORES.includes(bytes.subarray(0, 4).toHex());
}
