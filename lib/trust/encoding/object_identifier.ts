/**
 * Object identifiers and their short names.
 *
 * @module
 */

/** Purposes of an extended key usage, with OpenSSL's short names. */
const PURPOSES: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "serverAuth",
  "1.3.6.1.5.5.7.3.2": "clientAuth",
  "1.3.6.1.5.5.7.3.3": "codeSigning",
  "1.3.6.1.5.5.7.3.4": "emailProtection",
  "1.3.6.1.5.5.7.3.8": "timeStamping",
  "1.3.6.1.5.5.7.3.9": "OCSPSigning",
  "2.5.29.37.0": "anyExtendedKeyUsage",
};

/**
 * Returns an object identifier in dotted form.
 *
 * @param content its bytes without tag and length
 * @returns the dotted form, or `undefined` if the bytes are not an identifier (empty, cut short, an arc above
 * 2^53)
 */
export function dottedIdentifier(content: Uint8Array): string | undefined {
  const arcs: number[] = [];
  let arc = 0;
  for (const [index, byte] of content.entries()) {
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER) return undefined;
    if (byte >= 0x80) {
      if (index === content.length - 1) return undefined;
      continue;
    }
    arcs.push(arc);
    arc = 0;
  }
  const [first, ...rest] = arcs;
  if (first === undefined) return undefined;
  // X.690 §8.19.4: the first two arcs share one number, 40 × first + second; only arc 2 goes beyond 39.
  const top = Math.min(Math.floor(first / 40), 2);
  return [top, first - 40 * top, ...rest].join(".");
}

/**
 * Returns the short name of a key purpose, or its dotted form where it has none.
 *
 * @param dotted the identifier with dots
 */
export function purposeName(dotted: string): string {
  return PURPOSES[dotted] ?? dotted;
}
