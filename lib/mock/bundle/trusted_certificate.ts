/**
 * Writes OpenSSL's `TRUSTED CERTIFICATE`: a certificate followed by `X509_AUX`, like `openssl x509 -addtrust
 * serverAuth -setalias NAME -trustout`.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** Purposes by their object identifiers (RFC 5280 §4.2.1.12). */
export const PURPOSES = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  emailProtection: "1.3.6.1.5.5.7.3.4",
} as const;

/** A purpose that a certificate may be trusted for. */
export type Purpose = keyof typeof PURPOSES;

/** The trust settings after the certificate. */
export interface TrustSettings {
  readonly trust?: readonly Purpose[];
  readonly reject?: readonly Purpose[];
  readonly alias?: string;
}

/**
 * Returns the PEM block, with 64 columns.
 *
 * @param certificate DER
 * @param settings trust settings; without any the trailer is empty
 */
export function trustedCertificatePem(certificate: Uint8Array, settings: TrustSettings): string {
  const parts: number[][] = [];
  if (settings.trust !== undefined) parts.push(element(0x30, settings.trust.flatMap(identifier)));
  if (settings.reject !== undefined) parts.push(element(0xa0, settings.reject.flatMap(identifier)));
  if (settings.alias !== undefined) parts.push(element(0x0c, [...new TextEncoder().encode(settings.alias)]));
  parts.push(element(0x04, [...createHash("sha1").update(certificate).digest()]));
  const bytes = Uint8Array.from([...certificate, ...element(0x30, parts.flat())]);
  const lines = bytes.toBase64().replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN TRUSTED CERTIFICATE-----\n${lines}-----END TRUSTED CERTIFICATE-----\n`;
}

function element(tag: number, content: readonly number[]): number[] {
  const length = content.length;
  if (length < 0x80) return [tag, length, ...content];
  if (length < 0x100) return [tag, 0x81, length, ...content];
  return [tag, 0x82, length >> 8, length & 0xff, ...content];
}

function identifier(purpose: Purpose): number[] {
  const [first = 0, second = 0, ...rest] = PURPOSES[purpose].split(".").map(Number);
  return element(0x06, [first * 40 + second, ...rest]);
}
