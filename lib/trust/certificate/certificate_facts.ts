/**
 * Describes a certificate for the diagnosis of a handshake. It imports `node:crypto`, which costs 15 ms of processor
 * time (Deno 2.9.6), so that only `ca inspect`, the doctor and the explanation of a TLS failure load this module.
 *
 * @module
 */
import { createHash, X509Certificate } from "node:crypto";
import type { Warning } from "../../warning.ts";
import { outlineCertificate } from "./certificate_outline.ts";
import { formatName } from "../encoding/distinguished_name.ts";
import { isPssSigned, keyOf, signatureHashOf } from "./certificate_algorithms.ts";

/** Facts about one certificate. */
export interface CertificateFacts {
  /** One line, most specific part first. */
  readonly subject: string;
  readonly issuer: string;
  /** ISO 8601, UTC; `unreadable` if the date is invalid. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** 1 or 3. */
  readonly version: number;
  readonly isCa: boolean;
  /** Whether it is signed with its own key. */
  readonly isSelfSigned: boolean;
  /** `rsa`, `ec`, `ed25519`, …, or the object identifier. */
  readonly keyType: string;
  /** Bits of the modulus or of the curve; `undefined` if the size is fixed for the kind. */
  readonly keyBits?: number;
  /** `sha256`, `sha1`, …; `none` if the algorithm needs no separate one; else the object identifier. */
  readonly signatureHash: string;
  /** Fingerprint: lower-case hex of SHA-256 over the DER. */
  readonly sha256: string;
  /** Names of the subjectAltName as Node writes them: `DNS:example.com`, `IP Address:127.0.0.1`. */
  readonly altNames: readonly string[];
}

/** Smallest RSA key that current TLS libraries accept, bits. */
const SMALLEST_RSA = 2048;

/**
 * Describes one certificate.
 *
 * @param der exactly one certificate that {@link outlineCertificate} accepts
 * @returns its facts, or `undefined` if the bytes are not a certificate
 */
export function certificateFacts(der: Uint8Array): CertificateFacts | undefined {
  const result = outlineCertificate(der);
  if (!result.ok) return undefined;
  const { outline } = result;
  const key = keyOf(der);
  const opened = open(der);
  // Deno 2.9.6 verifies PKCS#1 and ECDSA signatures, and reports valid RSA-PSS signatures as invalid.
  const canVerify = (key.type === "rsa" || key.type === "ec") && !isPssSigned(der);
  return {
    subject: formatName(outline.subject),
    issuer: formatName(outline.issuer),
    notBefore: isoDate(outline.notBefore),
    notAfter: isoDate(outline.notAfter),
    version: outline.version,
    isCa: outline.isCa,
    isSelfSigned: outline.isSelfIssued && (opened === undefined || isSignedByItself(opened, canVerify)),
    keyType: key.type,
    ...(key.bits === undefined ? {} : { keyBits: key.bits }),
    signatureHash: signatureHashOf(der),
    sha256: createHash("sha256").update(der).digest("hex"),
    altNames: opened?.subjectAltName?.split(", ") ?? [],
  };
}

/**
 * Returns warnings about a certificate: reasons why a TLS library or another program may refuse it, or the
 * certificates that it issues.
 *
 * @param facts from {@link certificateFacts}
 * @param which its name in the messages, such as `Certificate 2`
 * @param line its line, if it is in a bundle
 */
export function weaknesses(facts: CertificateFacts, which: string, line?: number): readonly Warning[] {
  const found: [string, string][] = [];
  const hash = facts.signatureHash.toUpperCase().replace(/^SHA/, "SHA-");
  // The signature of a root is not verified.
  if (!facts.isSelfSigned && ["sha1", "md5", "md2"].includes(facts.signatureHash)) {
    found.push(["weak_signature", `is signed with ${hash}, which TLS libraries refuse`]);
  } else if (facts.signatureHash === "sha1" || facts.signatureHash === "md5") {
    found.push([
      "weak_root_signature",
      `is signed with ${hash}; this does not matter for a root, but certificates that it issues may have the same signature algorithm`,
    ]);
  }
  if (facts.keyType === "rsa" && (facts.keyBits ?? SMALLEST_RSA) < SMALLEST_RSA) {
    found.push([
      "weak_key",
      `has an RSA key of ${facts.keyBits} bits; TLS libraries refuse less than ${SMALLEST_RSA}`,
    ]);
  }
  if (facts.version === 1) {
    found.push([
      "version_1",
      "is of X.509 version 1, which cannot mark it as a CA; some programs refuse it",
    ]);
  }
  return found.map(([code, fault]) => ({
    code,
    message: `${which} ${fault}: ${facts.subject}`,
    ...(line === undefined ? {} : { line }),
  }));
}

/**
 * Parses a certificate; `undefined` if `X509Certificate` refuses it although it can be a trust anchor. The
 * facts of the outline remain.
 */
function open(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

/** Returns whether subject and issuer are equal, for a signature that cannot be verified. */
function isSignedByItself(certificate: X509Certificate, canVerify: boolean): boolean {
  try {
    return !canVerify || certificate.verify(certificate.publicKey);
  } catch {
    // `verify` throws for curves that it does not know.
    return true;
  }
}

/** Returns the type of a key and its size, such as `rsa 2048`. */
export function keyText({ keyType, keyBits }: Pick<CertificateFacts, "keyType" | "keyBits">): string {
  return keyBits === undefined ? keyType : `${keyType} ${keyBits}`;
}

function isoDate(ms: number | undefined): string {
  return ms === undefined || !Number.isFinite(ms)
    ? "unreadable"
    : new Date(ms).toISOString().replace(".000Z", "Z");
}
