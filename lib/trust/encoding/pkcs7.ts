/**
 * Reads the certificates of a PKCS#7 SignedData (RFC 2315, RFC 5652 §5.1), the format in which Windows exports a chain
 * as `.p7b`. Signatures are not verified.
 *
 * @module
 */
import { bytesOf, childrenOf, contentOf, type DerElement, readBerElement, TAG } from "./der.ts";
import { dottedIdentifier } from "./object_identifier.ts";

const SIGNED_DATA = "1.2.840.113549.1.7.2";

/** The DER of each certificate, or the reason why there are none. */
type Pkcs7Result =
  | { readonly ok: true; readonly certificates: readonly Uint8Array[] }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads the certificates of a PKCS#7 message. Indefinite lengths (BER) are accepted.
 *
 * @param bytes the whole message
 */
export function readPkcs7(bytes: Uint8Array): Pkcs7Result {
  const outer = readBerElement(bytes, 0);
  if (outer?.tag !== TAG.sequence) return refuse("it is not PKCS#7, or is truncated");
  const [type, content] = inside(bytes, outer);
  if (type?.tag !== TAG.objectIdentifier || content?.tag !== TAG.context0) return refuse("it is not PKCS#7");
  const dotted = dottedIdentifier(contentOf(bytes, type));
  if (dotted !== SIGNED_DATA) {
    return refuse(`it is PKCS#7, but not signed data (${dotted ?? "unreadable type"})`);
  }
  const [signed] = inside(bytes, content);
  if (signed?.tag !== TAG.sequence) return refuse("its signed data is malformed");
  // version, digestAlgorithms, contentInfo; certificates [0] IMPLICIT SET is the next, if it is present.
  const list = inside(bytes, signed).slice(3).find((element) => element.tag === TAG.context0);
  if (list === undefined) return refuse("it contains no certificates");
  const certificates = inside(bytes, list)
    .filter((element) => element.tag === TAG.sequence)
    .map((element) => bytesOf(bytes, element));
  return certificates.length === 0 ? refuse("it contains no certificates") : { ok: true, certificates };
}

/**
 * Returns whether the bytes begin like PKCS#7: a SEQUENCE whose first element is an object identifier.
 *
 * @param bytes a binary file
 */
export function looksLikePkcs7(bytes: Uint8Array): boolean {
  return firstInside(bytes)?.tag === TAG.objectIdentifier;
}

/**
 * Returns whether the bytes begin like PKCS#12 (`.p12`, `.pfx`): a SEQUENCE whose first element is the version, 3.
 *
 * @param bytes a binary file
 */
export function looksLikePkcs12(bytes: Uint8Array): boolean {
  const first = firstInside(bytes);
  return first?.tag === TAG.integer && first.contentEnd - first.contentStart === 1 &&
    bytes[first.contentStart] === 3;
}

function firstInside(bytes: Uint8Array): DerElement | undefined {
  const outer = readBerElement(bytes, 0);
  return outer?.tag === TAG.sequence
    ? readBerElement(bytes, outer.contentStart, outer.contentEnd)
    : undefined;
}

function inside(bytes: Uint8Array, element: DerElement): readonly DerElement[] {
  return childrenOf(bytes, element, readBerElement) ?? [];
}

function refuse(reason: string): Pkcs7Result {
  return { ok: false, reason };
}
