/**
 * Certificate authorities in memory, for the simulated network and the tests. A private key is written to
 * disk only by a caller.
 *
 * @module
 */
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import {
  authorityExtensions,
  type CertificateFields,
  distinguishedName,
  leafExtensions,
  serialNumber,
  type ValidityDates,
  validityOf,
} from "./certificate_fields.ts";
import {
  algorithmOf,
  certificatePem,
  generateKeys,
  type KeyAlgorithmParams,
  keyPem,
  type KeyType,
  type SignatureHash,
} from "./keys.ts";

export type { KeyType, SignatureHash } from "./keys.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A certificate to issue. */
export interface CertificateRequest extends CertificateFields {
  /** Common name of the subject. */
  readonly commonName: string;
  /** Default "ec". */
  readonly key?: KeyType;
}

/** A CA to create. */
export interface AuthorityRequest {
  /** ms since 1970. Default: one hour before now. */
  readonly notBefore?: number;
  /** ms since 1970. Default: 365 days after now. */
  readonly notAfter?: number;
  /** Default "ec". */
  readonly key?: KeyType;
  /** Hash of all its signatures. Default SHA-256. */
  readonly hash?: SignatureHash;
  /** Organization of the subject. */
  readonly organization?: string;
}

/** A certificate with its key, in PEM. */
export interface KeyPairPem {
  /** The certificate. */
  readonly certificate: string;
  /** Its key, PKCS#8. */
  readonly privateKey: string;
}

/** A CA that issues certificates. */
export interface Authority {
  /** Its certificate as one PEM block. */
  readonly certificate: string;
  /** Its certificate in DER. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** Its key in PKCS#8 PEM, for tests that put a key into a bundle. */
  readonly privateKey: string;
  /** Issues a certificate with a new key. */
  readonly issue: (request: CertificateRequest) => Promise<KeyPairPem>;
  /** Creates a CA below this one. */
  readonly intermediate: (commonName: string) => Promise<Authority>;
  /** Signs an empty CRL, PEM. */
  readonly revocationList: () => Promise<string>;
}

/**
 * Creates a self-signed root CA.
 *
 * @param commonName common name of its subject
 * @param request validity, key and organization
 */
export async function createAuthority(
  commonName: string,
  request: AuthorityRequest = {},
): Promise<Authority> {
  const algorithm = algorithmOf(request.key, request.hash);
  const keys = await generateKeys(algorithm);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: distinguishedName(commonName, request.organization),
    ...validityOf({ ...request, isCa: true }),
    signingAlgorithm: algorithm,
    keys,
    extensions: await authorityExtensions(keys.publicKey),
  });
  return authority(certificate, keys, algorithm);
}

/**
 * Creates a self-signed certificate, CA or not.
 *
 * @param request its fields
 */
export async function createSelfSigned(request: CertificateRequest): Promise<KeyPairPem> {
  const algorithm = algorithmOf(request.key);
  const keys = await generateKeys(algorithm);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: distinguishedName(request.commonName),
    ...validityOf(request),
    signingAlgorithm: algorithm,
    keys,
    extensions: await leafExtensions(request, keys.publicKey),
  });
  return { certificate: certificatePem(certificate), privateKey: await keyPem(keys.privateKey) };
}

async function authority(
  certificate: x509.X509Certificate,
  keys: CryptoKeyPair,
  signingAlgorithm: KeyAlgorithmParams,
): Promise<Authority> {
  const sign = async (
    commonName: string,
    extensions: x509.Extension[],
    publicKey: CryptoKey,
    validity: ValidityDates,
  ) =>
    await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: distinguishedName(commonName),
      issuer: certificate.subject,
      ...validity,
      signingAlgorithm,
      publicKey,
      signingKey: keys.privateKey,
      extensions,
    });
  const identifier = await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey);
  return {
    certificate: certificatePem(certificate),
    der: new Uint8Array(certificate.rawData),
    privateKey: await keyPem(keys.privateKey),
    issue: async (request) => {
      const leafKeys = await generateKeys(algorithmOf(request.key));
      const own = await leafExtensions(request, leafKeys.publicKey);
      const extensions = request.bare === true ? [] : [...own, identifier];
      const leaf = await sign(request.commonName, extensions, leafKeys.publicKey, validityOf(request));
      return { certificate: certificatePem(leaf), privateKey: await keyPem(leafKeys.privateKey) };
    },
    intermediate: async (commonName) => {
      const algorithm = algorithmOf("ec");
      const lower = await generateKeys(algorithm);
      const extensions = [...await authorityExtensions(lower.publicKey), identifier];
      const made = await sign(commonName, extensions, lower.publicKey, validityOf({ isCa: true }));
      return authority(made, lower, algorithm);
    },
    revocationList: async () => {
      const list = await x509.X509CrlGenerator.create({
        issuer: certificate.subject,
        thisUpdate: new Date(Date.now() - HOUR_MS),
        nextUpdate: new Date(Date.now() + DAY_MS),
        signingAlgorithm,
        signingKey: keys.privateKey,
      });
      // The library writes the label "CRL"; OpenSSL, and therefore the bundles in use, has "X509 CRL".
      return `${x509.PemConverter.encode(list.rawData, "X509 CRL").trim()}\n`;
    },
  };
}
