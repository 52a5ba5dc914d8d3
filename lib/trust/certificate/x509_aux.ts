/**
 * Reads OpenSSL's `X509_AUX`, the trust settings after the certificate in a `TRUSTED CERTIFICATE` block:
 *
 * ```text
 * X509_CERT_AUX ::= SEQUENCE {
 *   trust   SEQUENCE OF OBJECT IDENTIFIER OPTIONAL,
 *   reject  [0] IMPLICIT SEQUENCE OF OBJECT IDENTIFIER OPTIONAL,
 *   alias   UTF8String OPTIONAL,
 *   keyid   OCTET STRING OPTIONAL,
 *   other   [1] IMPLICIT SEQUENCE OF AlgorithmIdentifier OPTIONAL }
 * ```
 *
 * @module
 */
import { childrenOf, contentOf, type DerElement, readElement, TAG } from "../encoding/der.ts";
import { removeControls } from "../../text/control_characters.ts";
import { dottedIdentifier, purposeName } from "../encoding/object_identifier.ts";

/** The trust settings of a TRUSTED CERTIFICATE. They are reported, not enforced. */
export interface CertificateAux {
  /** Object identifiers or short names of the purposes it is trusted for. */
  readonly trust: readonly string[];
  /** Object identifiers or short names of the purposes it is rejected for. */
  readonly reject: readonly string[];
  /** The friendly name, if there is one. */
  readonly alias?: string;
}

/**
 * Reads the trust settings.
 *
 * @param bytes the bytes after the certificate in its block
 * @returns the settings and the number of their bytes, or `undefined` if the bytes do not begin with an
 * `X509_CERT_AUX`
 */
export function readAux(
  bytes: Uint8Array,
): { readonly aux: CertificateAux; readonly length: number } | undefined {
  const outer = readElement(bytes, 0);
  if (outer?.tag !== TAG.sequence) return undefined;
  const parts = childrenOf(bytes, outer);
  if (parts === undefined) return undefined;
  let trust: readonly string[] | undefined = [];
  let reject: readonly string[] | undefined = [];
  let alias: string | undefined;
  for (const part of parts) {
    if (part.tag === TAG.sequence) trust = purposes(bytes, part);
    else if (part.tag === TAG.context0) reject = purposes(bytes, part);
    else if (part.tag === TAG.utf8String) {
      alias = removeControls(new TextDecoder().decode(contentOf(bytes, part)));
    } else if (part.tag !== TAG.octetString && part.tag !== TAG.context1) return undefined;
  }
  if (trust === undefined || reject === undefined) return undefined;
  return { aux: { trust, reject, ...(alias === undefined ? {} : { alias }) }, length: outer.end };
}

function purposes(bytes: Uint8Array, list: DerElement): readonly string[] | undefined {
  const names: string[] = [];
  for (const element of childrenOf(bytes, list) ?? [undefined]) {
    if (element?.tag !== TAG.objectIdentifier) return undefined;
    const dotted = dottedIdentifier(contentOf(bytes, element));
    if (dotted === undefined) return undefined;
    names.push(purposeName(dotted));
  }
  return names;
}
