/**
 * Decodes files that editors and scripts write in UTF-8 or UTF-16.
 *
 * @module
 */

/** Number of bytes that are searched for the NULs of UTF-16 without a byte-order mark. */
const SAMPLE = 512;

/**
 * Decodes text. A byte-order mark is removed, UTF-16 is detected with and without one, and invalid bytes
 * become U+FFFD.
 *
 * @param bytes a whole file whose text is mostly ASCII
 */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
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
  // In ASCII text as UTF-16 nearly every second byte is NUL and none of the other bytes is.
  const most = sample.length * 0.4;
  if (odd >= most && even === 0 && odd > 0) return "utf-16le";
  if (even >= most && odd === 0 && even > 0) return "utf-16be";
  return "utf-8";
}
