/**
 * Reads the parts of an X.509 certificate that decide whether it can be a trust anchor. The rules are those of webpki,
 * the verifier of the runtime (observed in Deno 2.9.6, and compared with it by a test): with any other certificate the
 * runtime fails to create an HTTP client, and does not say which certificate is at fault.
 *
 * @module
 */
import {
  bytesOf,
  childrenOf,
  contentOf,
  type DerElement,
  readElement,
  sameBytes,
  TAG,
} from "../encoding/der.ts";
import { dottedIdentifier } from "../encoding/object_identifier.ts";

/** The outline of a certificate. Buffers are views into the certificate. */
export interface CertificateOutline {
  /** 1 or 3. */
  readonly version: 1 | 3;
  /** DER of the Name. */
  readonly subject: Uint8Array;
  /** DER of the Name. */
  readonly issuer: Uint8Array;
  /** ms since 1970; `undefined` if the date cannot be read, which does not make a trust anchor invalid. */
  readonly notBefore: number | undefined;
  /** ms since 1970; `undefined` as above. */
  readonly notAfter: number | undefined;
  /** CA:TRUE in basicConstraints; in version 1, which has none, whether it names itself as issuer. */
  readonly isCa: boolean;
  /** Subject and issuer are the same name. */
  readonly isSelfIssued: boolean;
  /**
   * Object identifier of a critical extension that webpki does not process. Deno 2.9.6 accepts it in a trust anchor,
   * whose extensions are not applied.
   */
  readonly unknownCritical?: string;
}

/** The outline, or the reason why the bytes cannot be a trust anchor. */
type OutlineResult =
  | { readonly ok: true; readonly outline: CertificateOutline }
  | { readonly ok: false; readonly reason: string };

/** Last arcs under 2.5.29 of the extensions that webpki processes and accepts only once. */
const UNDERSTOOD = new Set([15, 17, 19, 30, 31, 37]);
const KEY_USAGE = 15;
const BASIC_CONSTRAINTS = 19;

/**
 * Outlines one certificate.
 *
 * @param der exactly one DER certificate, without bytes after it
 */
export function outlineCertificate(der: Uint8Array): OutlineResult {
  if (der.length === 0) return refuse("it is empty");
  const outer = readElement(der, 0);
  if (outer === undefined || outer.tag !== TAG.sequence) {
    return refuse("it is not a DER certificate: it is cut short or is something else");
  }
  if (outer.end !== der.length) return refuse("bytes follow the certificate");
  const parts = childrenOf(der, outer);
  const [tbs, algorithm, signature] = parts ?? [];
  if (
    parts?.length !== 3 || tbs?.tag !== TAG.sequence || algorithm?.tag !== TAG.sequence ||
    signature?.tag !== TAG.bitString
  ) return refuse("it is DER, but not a certificate");
  const fields = childrenOf(der, tbs);
  if (fields === undefined) return refuse("its inner structure is broken");
  return fields[0]?.tag === TAG.context0
    ? outlineVersion3(der, fields, algorithm, signature)
    : outlineVersion1(der, fields);
}

function outlineVersion3(
  der: Uint8Array,
  fields: readonly DerElement[],
  algorithm: DerElement,
  signature: DerElement,
): OutlineResult {
  const [version, serial, inner, issuer, validity, subject, key, extensions, ...rest] = fields;
  if (version === undefined || !isVersion3(der, version)) {
    return refuse("its version is neither 1 nor 3");
  }
  if (
    serial?.tag !== TAG.integer || inner?.tag !== TAG.sequence || issuer?.tag !== TAG.sequence ||
    validity?.tag !== TAG.sequence || subject?.tag !== TAG.sequence || key?.tag !== TAG.sequence
  ) return refuse("its inner structure is broken");
  if (der[signature.contentStart] !== 0 || signature.contentEnd === signature.contentStart) {
    return refuse("its signature is not a whole number of bytes");
  }
  if (!sameBytes(contentOf(der, inner), contentOf(der, algorithm))) {
    return refuse("it names two different signature algorithms");
  }
  if (rest.length > 0 || (extensions !== undefined && extensions.tag !== TAG.context3)) {
    return refuse("it has unique identifiers, which current TLS libraries refuse");
  }
  const found = extensions === undefined ? { isCa: false } : readExtensions(der, extensions);
  if (typeof found === "string") return refuse(found);
  return accept(der, 3, issuer, validity, subject, found);
}

/**
 * Outlines a certificate of version 1, which has no extensions; webpki accepts it as a trust anchor and
 * checks fewer parts.
 */
function outlineVersion1(der: Uint8Array, fields: readonly DerElement[]): OutlineResult {
  const [serial, inner, issuer, validity, subject, key, ...rest] = fields;
  if (
    serial?.tag !== TAG.integer || inner?.tag !== TAG.sequence || issuer?.tag !== TAG.sequence ||
    validity?.tag !== TAG.sequence || subject?.tag !== TAG.sequence || key?.tag !== TAG.sequence ||
    rest.length > 0
  ) return refuse("it is DER, but not a certificate");
  return accept(der, 1, issuer, validity, subject, { isCa: undefined });
}

function accept(
  der: Uint8Array,
  version: 1 | 3,
  issuer: DerElement,
  validity: DerElement,
  subject: DerElement,
  found: ExtensionFindings,
): OutlineResult {
  const isSelfIssued = sameBytes(bytesOf(der, subject), bytesOf(der, issuer));
  const [notBefore, notAfter] = childrenOf(der, validity) ?? [];
  return {
    ok: true,
    outline: {
      version,
      subject: bytesOf(der, subject),
      issuer: bytesOf(der, issuer),
      notBefore: readTime(der, notBefore),
      notAfter: readTime(der, notAfter),
      isCa: found.isCa ?? isSelfIssued,
      isSelfIssued,
      ...(found.unknownCritical === undefined ? {} : { unknownCritical: found.unknownCritical }),
    },
  };
}

function isVersion3(der: Uint8Array, version: DerElement): boolean {
  const [number, ...rest] = childrenOf(der, version) ?? [];
  return number?.tag === TAG.integer && rest.length === 0 && number.end - number.contentStart === 1 &&
    der[number.contentStart] === 2;
}

interface ExtensionFindings {
  readonly isCa: boolean | undefined;
  readonly unknownCritical?: string | undefined;
}

/** @returns the result, or the reason to refuse the certificate */
function readExtensions(der: Uint8Array, wrapper: DerElement): ExtensionFindings | string {
  const broken = "its extensions are broken";
  const [list, ...rest] = childrenOf(der, wrapper) ?? [];
  const extensions = list?.tag === TAG.sequence ? childrenOf(der, list) : undefined;
  if (extensions === undefined || rest.length > 0) return broken;
  const seen = new Set<number>();
  let isCa = false;
  let unknownCritical: string | undefined;
  for (const extension of extensions) {
    const parts = extension.tag === TAG.sequence ? childrenOf(der, extension) : undefined;
    const [id, second, third] = parts ?? [];
    const [critical, value] = second?.tag === TAG.boolean ? [second, third] : [undefined, second];
    const expected = critical === undefined ? 2 : 3;
    if (
      parts?.length !== expected || id?.tag !== TAG.objectIdentifier || value?.tag !== TAG.octetString
    ) return broken;
    if (critical !== undefined && readBoolean(der, critical) === undefined) return broken;
    const standard = standardExtension(der, id);
    if (standard === undefined) {
      if (critical !== undefined && readBoolean(der, critical) === true) {
        unknownCritical ??= dottedIdentifier(contentOf(der, id)) ?? "unreadable";
      }
      continue;
    }
    if (seen.has(standard)) return `it has the extension 2.5.29.${standard} twice`;
    seen.add(standard);
    if (standard === KEY_USAGE) continue;
    const inside = readElement(der, value.contentStart, value.contentEnd);
    if (inside?.tag !== TAG.sequence || inside.end !== value.contentEnd) return broken;
    if (standard === BASIC_CONSTRAINTS) isCa = readIsCa(der, inside);
  }
  return { isCa, unknownCritical };
}

function standardExtension(der: Uint8Array, id: DerElement): number | undefined {
  const at = id.contentStart;
  if (id.contentEnd - at !== 3 || der[at] !== 0x55 || der[at + 1] !== 0x1d) return undefined;
  const last = der[at + 2];
  return last !== undefined && UNDERSTOOD.has(last) ? last : undefined;
}

function readIsCa(der: Uint8Array, constraints: DerElement): boolean {
  const first = readElement(der, constraints.contentStart, constraints.contentEnd);
  return first?.tag === TAG.boolean && readBoolean(der, first) === true;
}

function readBoolean(der: Uint8Array, element: DerElement): boolean | undefined {
  const value = der[element.contentStart];
  if (element.contentEnd - element.contentStart !== 1) return undefined;
  return value === 0xff ? true : value === 0 ? false : undefined;
}

/** Reads UTCTime and GeneralizedTime, always in UTC and with seconds (RFC 5280 §4.1.2.5). */
function readTime(der: Uint8Array, element: DerElement | undefined): number | undefined {
  if (element === undefined) return undefined;
  const text = String.fromCharCode(...contentOf(der, element).subarray(0, 20));
  const isShort = element.tag === TAG.utcTime;
  const match = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (match === null || (match[1]?.length === 2) !== isShort) return undefined;
  const [year, month, day, hours, minutes, seconds] = match.slice(1).map(Number);
  if (year === undefined || month === undefined) return undefined;
  const fullYear = isShort ? (year >= 50 ? 1900 + year : 2000 + year) : year;
  const date = new Date(0);
  // Not Date.UTC, which reads the years 0 to 99 as 1900 to 1999.
  date.setUTCFullYear(fullYear, month - 1, day);
  return date.setUTCHours(hours ?? 0, minutes, seconds);
}

function refuse(reason: string): OutlineResult {
  return { ok: false, reason };
}
