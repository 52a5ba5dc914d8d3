/**
 * Decodes the bytes of a bundle to text.
 *
 * @module
 */

/** The decoded text, or the finding that the bytes are not text. */
export type BundleText =
  | { readonly kind: "text"; readonly text: string; readonly encoding: "utf-8" | "utf-16le" | "utf-16be" }
  | { readonly kind: "binary" };

/** Bytes that are searched for the NULs of UTF-16 without a byte-order mark. */
const SAMPLE = 512;

/**
 * Decodes a bundle. A byte-order mark is removed, UTF-16 is recognised with and without one, and bytes that are not
 * UTF-8, as comments may contain, become U+FFFD.
 *
 * @param bytes the whole file
 * @returns the text, or `binary` where the file begins like DER
 */
export function decodeBundle(bytes: Uint8Array): BundleText {
  // A certificate or a PKCS#7 message is a SEQUENCE of 128 bytes or more, so its second byte has the top bit
  // set, which behind "0" is neither ASCII nor UTF-8.
  if (bytes[0] === 0x30 && (bytes[1] ?? 0) >= 0x80) return { kind: "binary" };
  if (isJavaKeyStore(bytes)) return { kind: "binary" };
  const encoding = encodingOf(bytes);
  return { kind: "text", text: new TextDecoder(encoding).decode(bytes), encoding };
}

/** First bytes of the key stores of Java, JKS and JCEKS. */
const KEY_STORES = ["feedfeed", "cececece"];

/**
 * Returns whether a file is a Java key store.
 *
 * @param bytes the whole file
 */
export function isJavaKeyStore(bytes: Uint8Array): boolean {
  const magic = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return KEY_STORES.includes(magic);
}

function encodingOf(bytes: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  let even = 0;
  let odd = 0;
  const sample = bytes.subarray(0, SAMPLE);
  for (let index = 0; index < sample.length; index++) {
    if (sample[index] !== 0) continue;
    if (index % 2 === 0) even++;
    else odd++;
  }
  // PEM is ASCII, so in UTF-16 nearly every second byte is NUL and none of the others; stray NULs in a comment
  // are on both sides or few.
  const most = sample.length * 0.4;
  if (odd >= most && even === 0 && odd > 0) return "utf-16le";
  if (even >= most && odd === 0 && even > 0) return "utf-16be";
  return "utf-8";
}
