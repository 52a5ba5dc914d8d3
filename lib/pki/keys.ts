/**
 * Keys and signature algorithms of certificates.
 *
 * @module
 */
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

/** Type of a key: elliptic curve P-256, or RSA with a length in bits. Verifiers refuse RSA keys of 1024 bits. */
export type KeyType = "ec" | { readonly rsa: number };

/** Hash of a signature. Verifiers refuse SHA-1. */
export type SignatureHash = "SHA-1" | "SHA-256" | "SHA-384";

/** Parameters of WebCrypto for a key and its signatures. */
export type KeyAlgorithmParams =
  | { readonly name: "ECDSA"; readonly namedCurve: "P-256"; readonly hash: SignatureHash }
  | {
    readonly name: "RSASSA-PKCS1-v1_5";
    readonly modulusLength: number;
    readonly publicExponent: Uint8Array<ArrayBuffer>;
    readonly hash: SignatureHash;
  };

/** Returns the parameters of WebCrypto for a type of key. */
export function algorithmOf(key: KeyType = "ec", hash: SignatureHash = "SHA-256"): KeyAlgorithmParams {
  if (key === "ec") return { name: "ECDSA", namedCurve: "P-256", hash };
  return {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: key.rsa,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash,
  };
}

/**
 * Generates a key pair.
 *
 * @param extractable whether the private key can be exported
 */
export async function generateKeys(
  algorithm: KeyAlgorithmParams,
  extractable = true,
): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(algorithm, extractable, ["sign", "verify"]);
}

/** Encodes a private key as PKCS#8 in PEM. */
export async function keyPem(key: CryptoKey): Promise<string> {
  const bytes = await crypto.subtle.exportKey("pkcs8", key);
  return `${x509.PemConverter.encode(bytes, "PRIVATE KEY").trim()}\n`;
}

/** Encodes a certificate in PEM. */
export function certificatePem(certificate: x509.X509Certificate): string {
  return `${certificate.toString("pem").trim()}\n`;
}
