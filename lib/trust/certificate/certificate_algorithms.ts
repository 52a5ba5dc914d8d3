/**
 * Reads the algorithms of key and signature from the DER of a certificate. `X509Certificate` of `node:crypto` throws
 * for keys of an algorithm that it does not know (Deno 2.9.6).
 *
 * @module
 */
import { childrenOf, contentOf, type DerElement, readElement, TAG } from "../encoding/der.ts";
import { dottedIdentifier } from "../encoding/object_identifier.ts";

/** Hash by signature algorithm (RFC 3279, 4055, 5758, 8410). */
const SIGNATURE_HASHES: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.2": "md2",
  "1.2.840.113549.1.1.4": "md5",
  "1.2.840.113549.1.1.5": "sha1",
  "1.3.14.3.2.29": "sha1",
  "1.2.840.10040.4.3": "sha1",
  "1.2.840.10045.4.1": "sha1",
  "1.2.840.113549.1.1.14": "sha224",
  "1.2.840.113549.1.1.11": "sha256",
  "1.2.840.113549.1.1.12": "sha384",
  "1.2.840.113549.1.1.13": "sha512",
  "1.2.840.10045.4.3.1": "sha224",
  "1.2.840.10045.4.3.2": "sha256",
  "1.2.840.10045.4.3.3": "sha384",
  "1.2.840.10045.4.3.4": "sha512",
  "1.3.101.112": "none",
  "1.3.101.113": "none",
};

const RSA_PSS = "1.2.840.113549.1.1.10";

const HASHES: Readonly<Record<string, string>> = {
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};

const RSA = "1.2.840.113549.1.1.1";
const EC = "1.2.840.10045.2.1";

const OTHER_KEYS: Readonly<Record<string, string>> = {
  [RSA_PSS]: "rsa-pss",
  "1.2.840.10040.4.1": "dsa",
  "1.3.101.112": "ed25519",
  "1.3.101.113": "ed448",
};

const CURVES: Readonly<Record<string, number>> = {
  "1.2.840.10045.3.1.7": 256,
  "1.3.132.0.34": 384,
  "1.3.132.0.35": 521,
};

/** Kind and size of a public key. */
interface KeyDescription {
  /** `rsa`, `ec`, `ed25519`, `ed448`, `rsa-pss`, `dsa`, an object identifier, or `unknown`. */
  readonly type: string;
  /** Bits of the modulus (RSA) or of the curve (EC). */
  readonly bits?: number;
}

/**
 * Returns the kind and size of the public key.
 *
 * @param der exactly one certificate
 */
export function keyOf(der: Uint8Array): KeyDescription {
  const fields = tbsFields(der);
  // The first six fields have no default, and only a version may precede them.
  const key = fields[fields[0]?.tag === TAG.context0 ? 6 : 5];
  const [algorithm, bits] = key === undefined ? [] : childrenOf(der, key) ?? [];
  const [id, parameters] = algorithm === undefined ? [] : childrenOf(der, algorithm) ?? [];
  const dotted = identifier(der, id);
  if (dotted === undefined) return { type: "unknown" };
  if (dotted === RSA) {
    const size = bits === undefined ? undefined : modulusBits(der, bits);
    return size === undefined ? { type: "rsa" } : { type: "rsa", bits: size };
  }
  if (dotted === EC) {
    const size = CURVES[identifier(der, parameters) ?? ""];
    return size === undefined ? { type: "ec" } : { type: "ec", bits: size };
  }
  return { type: OTHER_KEYS[dotted] ?? dotted };
}

/**
 * Returns the hash of the signature.
 *
 * @param der exactly one certificate
 * @returns `sha256` and the like; `none` for EdDSA; the object identifier of an algorithm that is not known
 */
export function signatureHashOf(der: Uint8Array): string {
  const { id, parameters } = signatureAlgorithm(der);
  if (id === undefined) return "unknown";
  return id === RSA_PSS ? pssHash(der, parameters) : SIGNATURE_HASHES[id] ?? id;
}

/**
 * Returns whether the signature is RSA-PSS.
 *
 * @param der exactly one certificate
 */
export function isPssSigned(der: Uint8Array): boolean {
  return signatureAlgorithm(der).id === RSA_PSS;
}

function signatureAlgorithm(
  der: Uint8Array,
): { readonly id: string | undefined; readonly parameters: DerElement | undefined } {
  const outer = readElement(der, 0);
  const algorithm = outer === undefined ? undefined : childrenOf(der, outer)?.[1];
  const [id, parameters] = algorithm === undefined ? [] : childrenOf(der, algorithm) ?? [];
  return { id: identifier(der, id), parameters };
}

/**
 * Returns the hash of RSA-PSS parameters (RFC 4055 §3.1: [0] EXPLICIT hash algorithm, SHA-1 if it is absent).
 */
function pssHash(der: Uint8Array, parameters: DerElement | undefined): string {
  const parts = parameters === undefined ? [] : childrenOf(der, parameters) ?? [];
  const wrapper = parts.find((part) => part.tag === TAG.context0);
  if (wrapper === undefined) return "sha1";
  const [algorithm] = childrenOf(der, wrapper) ?? [];
  const [id] = algorithm === undefined ? [] : childrenOf(der, algorithm) ?? [];
  const dotted = identifier(der, id);
  return dotted === undefined ? "unknown" : HASHES[dotted] ?? dotted;
}

/** Returns the size of an RSA modulus: BIT STRING → SEQUENCE → the first INTEGER. */
function modulusBits(der: Uint8Array, bits: DerElement): number | undefined {
  const sequence = readElement(der, bits.contentStart + 1, bits.contentEnd);
  const modulus = sequence === undefined
    ? undefined
    : readElement(der, sequence.contentStart, sequence.contentEnd);
  if (modulus?.tag !== TAG.integer) return undefined;
  const content = contentOf(der, modulus);
  const first = content.findIndex((byte) => byte !== 0);
  if (first < 0) return 0;
  return (content.length - first) * 8 - Math.clz32(content[first] ?? 0) + 24;
}

function identifier(der: Uint8Array, element: DerElement | undefined): string | undefined {
  return element?.tag === TAG.objectIdentifier ? dottedIdentifier(contentOf(der, element)) : undefined;
}

function tbsFields(der: Uint8Array): readonly DerElement[] {
  const outer = readElement(der, 0);
  const tbs = outer === undefined ? undefined : childrenOf(der, outer)?.[0];
  return tbs === undefined ? [] : childrenOf(der, tbs) ?? [];
}
