/** Server certificates that no CA should issue, but that some companies use. */
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import type { KeyPairPem } from "../../../lib/pki/pki.ts";

/** A server's certificate and the root above it. */
export interface OddPair extends KeyPairPem {
  readonly root: string;
}

const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;

/** Returns a certificate signed by a CA with the given RSA key and hash; the server's own key is valid. */
export async function signedByRsa(bits: number, hash: "SHA-1" | "SHA-256"): Promise<OddPair> {
  const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    hash,
    publicExponent: Uint8Array.of(1, 0, 1),
    modulusLength: bits,
  };
  const issuer = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const validity = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=Weak Root",
    ...validity,
    signingAlgorithm: algorithm,
    keys: issuer,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const keys = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: "02",
    subject: "CN=localhost",
    issuer: "CN=Weak Root",
    ...validity,
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: issuer.privateKey,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "localhost" }])],
  });
  return { root: root.toString("pem"), certificate: leaf.toString("pem"), privateKey: await keyPem(keys) };
}

/**
 * Returns an X.509 version 1 certificate, which has no extensions and therefore no subjectAltName. It is
 * encoded manually.
 */
export async function versionOne(): Promise<OddPair> {
  const issuer = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  const keys = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  const root = await bare("Old Root", "Old Root", issuer, issuer);
  return {
    root,
    certificate: await bare("Old Root", "localhost", keys, issuer),
    privateKey: await keyPem(keys),
  };
}

async function bare(
  issuer: string,
  subject: string,
  keys: CryptoKeyPair,
  signer: CryptoKeyPair,
): Promise<string> {
  const algorithm = der(0x30, [der(0x06, [Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2)])]);
  const body = der(0x30, [
    der(0x02, [Uint8Array.of(7)]),
    algorithm,
    name(issuer),
    der(0x30, [time(-DAY_MS), time(DAY_MS)]),
    name(subject),
    new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey)),
  ]);
  const signature = new Uint8Array(await crypto.subtle.sign(EC, signer.privateKey, body));
  const pair = der(0x30, [integer(signature.slice(0, 32)), integer(signature.slice(32))]);
  const certificate = der(0x30, [body, algorithm, der(0x03, [Uint8Array.of(0), pair])]);
  return x509.PemConverter.encode(certificate.buffer, "CERTIFICATE");
}

function name(commonName: string): Uint8Array {
  const value = der(0x0c, [new TextEncoder().encode(commonName)]);
  return der(0x30, [der(0x31, [der(0x30, [der(0x06, [Uint8Array.of(0x55, 4, 3)]), value])])]);
}

function time(fromNow: number): Uint8Array {
  const text = new Date(Date.now() + fromNow).toISOString().slice(2, 19).replace(/[-:T]/g, "");
  return der(0x17, [new TextEncoder().encode(`${text}Z`)]);
}

function integer(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const kept = bytes.slice(start);
  return der(0x02, (kept[0] ?? 0) >= 0x80 ? [Uint8Array.of(0), kept] : [kept]);
}

function der(tag: number, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const content = parts.flatMap((part) => [...part]);
  const length = content.length < 0x80
    ? [content.length]
    : content.length < 0x100
    ? [0x81, content.length]
    : [0x82, content.length >> 8, content.length & 0xff];
  return Uint8Array.of(tag, ...length, ...content);
}

async function keyPem(keys: CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
}
