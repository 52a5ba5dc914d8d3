/**
 * Certificates made on the spot: the private CA of the simulated network, the interceptor's CA, and whatever a
 * test wants to see refused. Keys never leave memory unless a caller writes them.
 *
 * @module
 */
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Kind of key: elliptic curve P-256, or RSA with so many bits (1024 is too few for any verifier of today). */
export type KeyType = "ec" | { readonly rsa: number };

/** Hash under a signature. SHA-1 is refused by every verifier of today. */
export type SignatureHash = "SHA-1" | "SHA-256" | "SHA-384";

/** What a certificate should look like. */
export interface CertificateRequest {
  /** Common name. */
  readonly commonName: string;
  /** DNS names and IP addresses of the subjectAltName. Empty or absent: no such extension. */
  readonly names?: readonly string[];
  /** ms since 1970. Default: an hour before now, against clock skew. */
  readonly notBefore?: number;
  /** ms since 1970. Default: 30 days after now for a leaf, 365 for a CA. */
  readonly notAfter?: number;
  /** CA:TRUE in basicConstraints. Default false. */
  readonly isCa?: boolean;
  /** Extended key usages as object identifiers. Default for a leaf: serverAuth. */
  readonly usages?: readonly string[];
  /** Default "ec". */
  readonly key?: KeyType;
  /** No extension at all, as in certificates of old: neither names nor constraints. */
  readonly bare?: boolean;
}

/** What a CA should look like. */
export interface AuthorityRequest {
  /** ms since 1970. Default: an hour before now. */
  readonly notBefore?: number;
  /** ms since 1970. Default: 365 days after now. */
  readonly notAfter?: number;
  /** Default "ec". */
  readonly key?: KeyType;
  /** Hash of everything it signs. Default SHA-256. */
  readonly hash?: SignatureHash;
  /** Organization, in front of the common name. */
  readonly organization?: string;
}

/** A certificate with its key, in PEM. */
export interface KeyPairPem {
  /** The certificate. */
  readonly certificate: string;
  /** Its key, PKCS#8. */
  readonly privateKey: string;
}

/** A CA that issues. */
export interface Authority {
  /** Its certificate as one PEM block. */
  readonly certificate: string;
  /** Its certificate in DER. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** Its key in PKCS#8 PEM, for the tests that plant one in a bundle. */
  readonly privateKey: string;
  /** Issues a certificate under this CA. */
  readonly issue: (request: CertificateRequest) => Promise<KeyPairPem>;
  /** Makes a CA below this one. */
  readonly intermediate: (commonName: string) => Promise<Authority>;
  /** Signs an empty CRL, PEM. */
  readonly revocationList: () => Promise<string>;
}

/**
 * Makes a self-signed root.
 *
 * @param commonName its subject
 * @param request what it should look like
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
 * Makes a certificate that signs itself, CA or not.
 *
 * @param request what it should look like
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
  return { certificate: pem(certificate), privateKey: await keyPem(keys.privateKey) };
}

async function authority(
  certificate: x509.X509Certificate,
  keys: CryptoKeyPair,
  signingAlgorithm: KeyAlgorithmParams,
): Promise<Authority> {
  const below = async (commonName: string, extensions: x509.Extension[], to: CryptoKeyPair, when: Validity) =>
    await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: distinguishedName(commonName),
      issuer: certificate.subject,
      ...when,
      signingAlgorithm,
      publicKey: to.publicKey,
      signingKey: keys.privateKey,
      extensions,
    });
  const identifier = await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey);
  return {
    certificate: pem(certificate),
    der: new Uint8Array(certificate.rawData),
    privateKey: await keyPem(keys.privateKey),
    issue: async (request) => {
      const leafKeys = await generateKeys(algorithmOf(request.key));
      const own = await leafExtensions(request, leafKeys.publicKey);
      const extensions = request.bare === true ? [] : [...own, identifier];
      const leaf = await below(request.commonName, extensions, leafKeys, validityOf(request));
      return { certificate: pem(leaf), privateKey: await keyPem(leafKeys.privateKey) };
    },
    intermediate: async (commonName) => {
      const algorithm = algorithmOf("ec");
      const lower = await generateKeys(algorithm);
      const extensions = [...await authorityExtensions(lower.publicKey), identifier];
      const made = await below(commonName, extensions, lower, validityOf({ isCa: true }));
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
      // The library's own label is "CRL"; OpenSSL writes "X509 CRL", and that is what bundles hold.
      return `${x509.PemConverter.encode(list.rawData, "X509 CRL").trim()}\n`;
    },
  };
}

interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

function validityOf(request: Pick<CertificateRequest, "notBefore" | "notAfter" | "isCa">): Validity {
  const days = request.isCa === true ? 365 : 30;
  return {
    notBefore: new Date(request.notBefore ?? Date.now() - HOUR_MS),
    notAfter: new Date(request.notAfter ?? Date.now() + days * DAY_MS),
  };
}

async function authorityExtensions(publicKey: CryptoKey): Promise<x509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
  ];
}

async function leafExtensions(request: CertificateRequest, publicKey: CryptoKey): Promise<x509.Extension[]> {
  if (request.bare === true) return [];
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(request.isCa ?? false, undefined, true),
    new x509.ExtendedKeyUsageExtension([...(request.usages ?? [x509.ExtendedKeyUsage.serverAuth])]),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
  ];
  const names = request.names ?? [];
  if (names.length > 0) {
    extensions.push(
      new x509.SubjectAlternativeNameExtension(
        names.map((name): x509.JsonGeneralName => ({ type: isAddress(name) ? "ip" : "dns", value: name })),
      ),
    );
  }
  return extensions;
}

type KeyAlgorithmParams =
  | { readonly name: "ECDSA"; readonly namedCurve: "P-256"; readonly hash: SignatureHash }
  | {
    readonly name: "RSASSA-PKCS1-v1_5";
    readonly modulusLength: number;
    readonly publicExponent: Uint8Array<ArrayBuffer>;
    readonly hash: SignatureHash;
  };

function algorithmOf(key: KeyType = "ec", hash: SignatureHash = "SHA-256"): KeyAlgorithmParams {
  if (key === "ec") return { name: "ECDSA", namedCurve: "P-256", hash };
  return {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: key.rsa,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash,
  };
}

async function generateKeys(algorithm: KeyAlgorithmParams): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  // RFC 5280 §4.1.2.2: positive, so the top bit is cleared and the first byte is never zero.
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function distinguishedName(commonName: string, organization?: string): string {
  const escape = (text: string) => text.replace(/[,+"\\<>;=#]/g, "\\$&");
  return `${organization === undefined ? "" : `O=${escape(organization)}, `}CN=${escape(commonName)}`;
}

function isAddress(name: string): boolean {
  return name.includes(":") || /^\d+(\.\d+){3}$/.test(name);
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString("pem").trim()}\n`;
}

async function keyPem(key: CryptoKey): Promise<string> {
  const bytes = await crypto.subtle.exportKey("pkcs8", key);
  return `${x509.PemConverter.encode(bytes, "PRIVATE KEY").trim()}\n`;
}
