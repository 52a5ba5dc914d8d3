/**
 * The fields of a certificate: serial number, name, validity and extensions.
 *
 * @module
 */
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Fields of a certificate to create. */
export interface CertificateFields {
  /** DNS names and IP addresses of the subjectAltName. Empty or absent: the extension is omitted. */
  readonly names?: readonly string[];
  /** ms since 1970. Default: one hour before now, for clients whose clock is behind. */
  readonly notBefore?: number;
  /** ms since 1970. Default: 30 days after now for a leaf, 365 days for a CA. */
  readonly notAfter?: number;
  /** CA:TRUE in basicConstraints. Default false. */
  readonly isCa?: boolean;
  /** Extended key usages as object identifiers. Default for a leaf: serverAuth. */
  readonly usages?: readonly string[];
  /** Omits all extensions, as in old certificates. */
  readonly bare?: boolean;
}

/** Returns a random serial number of 16 bytes, positive as RFC 5280 §4.1.2.2 requires, in hexadecimal. */
export function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  // The top bit is the sign, and a first byte of zero would not be minimal.
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toHex();
}

/** Builds a distinguished name from a common name and an optional organization. */
export function distinguishedName(commonName: string, organization?: string): string {
  const escape = (text: string) => text.replace(/[,+"\\<>;=#]/g, "\\$&");
  return `${organization === undefined ? "" : `O=${escape(organization)}, `}CN=${escape(commonName)}`;
}

/** First and last moment at which a certificate is valid. */
export interface ValidityDates {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Returns the validity of a certificate, with the defaults of {@link CertificateFields}. */
export function validityOf(
  fields: Pick<CertificateFields, "notBefore" | "notAfter" | "isCa">,
): ValidityDates {
  const days = fields.isCa === true ? 365 : 30;
  return {
    notBefore: new Date(fields.notBefore ?? Date.now() - HOUR_MS),
    notAfter: new Date(fields.notAfter ?? Date.now() + days * DAY_MS),
  };
}

/** Builds the extensions of a CA certificate. */
export async function authorityExtensions(publicKey: CryptoKey): Promise<x509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
  ];
}

/** Builds the extensions of a certificate that a server presents. */
export async function leafExtensions(
  fields: CertificateFields,
  publicKey: CryptoKey,
): Promise<x509.Extension[]> {
  if (fields.bare === true) return [];
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(fields.isCa ?? false, undefined, true),
    new x509.ExtendedKeyUsageExtension([...(fields.usages ?? [x509.ExtendedKeyUsage.serverAuth])]),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
  ];
  const names = fields.names ?? [];
  if (names.length > 0) {
    extensions.push(
      new x509.SubjectAlternativeNameExtension(
        names.map((name): x509.JsonGeneralName => ({ type: isAddress(name) ? "ip" : "dns", value: name })),
      ),
    );
  }
  return extensions;
}

function isAddress(name: string): boolean {
  return name.includes(":") || /^\d+(\.\d+){3}$/.test(name);
}
