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
const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

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
}

/** A certificate with its key, in PEM. */
export interface KeyPairPem {
  readonly certificate: string;
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
 * @param validity ms since 1970, both optional
 */
export async function createAuthority(
  commonName: string,
  validity: { readonly notBefore?: number; readonly notAfter?: number } = {},
): Promise<Authority> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: distinguishedName(commonName),
    notBefore: new Date(validity.notBefore ?? Date.now() - HOUR_MS),
    notAfter: new Date(validity.notAfter ?? Date.now() + 365 * DAY_MS),
    signingAlgorithm: EC,
    keys,
    extensions: await authorityExtensions(keys.publicKey),
  });
  return authority(certificate, keys);
}

/**
 * Makes a certificate that signs itself, CA or not.
 *
 * @param request what it should look like
 */
export async function createSelfSigned(request: CertificateRequest): Promise<KeyPairPem> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: distinguishedName(request.commonName),
    ...validityOf(request),
    signingAlgorithm: EC,
    keys,
    extensions: await leafExtensions(request, keys.publicKey),
  });
  return { certificate: pem(certificate), privateKey: await keyPem(keys.privateKey) };
}

async function authority(certificate: x509.X509Certificate, keys: CryptoKeyPair): Promise<Authority> {
  const below = async (commonName: string, extensions: x509.Extension[], to: CryptoKeyPair, when: Validity) =>
    await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: distinguishedName(commonName),
      issuer: certificate.subject,
      ...when,
      signingAlgorithm: EC,
      publicKey: to.publicKey,
      signingKey: keys.privateKey,
      extensions: [...extensions, await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey)],
    });
  return {
    certificate: pem(certificate),
    der: new Uint8Array(certificate.rawData),
    privateKey: await keyPem(keys.privateKey),
    issue: async (request) => {
      const leafKeys = await generateKeys();
      const extensions = await leafExtensions(request, leafKeys.publicKey);
      const leaf = await below(request.commonName, extensions, leafKeys, validityOf(request));
      return { certificate: pem(leaf), privateKey: await keyPem(leafKeys.privateKey) };
    },
    intermediate: async (commonName) => {
      const lower = await generateKeys();
      const extensions = await authorityExtensions(lower.publicKey);
      const made = await below(commonName, extensions, lower, validityOf({ commonName, isCa: true }));
      return authority(made, lower);
    },
    revocationList: async () => {
      const list = await x509.X509CrlGenerator.create({
        issuer: certificate.subject,
        thisUpdate: new Date(Date.now() - HOUR_MS),
        nextUpdate: new Date(Date.now() + DAY_MS),
        signingAlgorithm: EC,
        signingKey: keys.privateKey,
      });
      // The library labels it CRL, which nobody else does.
      return `${list.toString("pem").trim().replaceAll(/(BEGIN|END) CRL/g, "$1 X509 CRL")}\n`;
    },
  };
}

interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

function validityOf(request: CertificateRequest): Validity {
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

async function generateKeys(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
}

function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  // RFC 5280 §4.1.2.2: positive, so the top bit is cleared and the first byte is never zero.
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function distinguishedName(commonName: string): string {
  return `CN=${commonName.replace(/[,+"\\<>;=#]/g, "\\$&")}`;
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
