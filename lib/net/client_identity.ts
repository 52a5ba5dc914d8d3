/**
 * The client certificate that is presented to a server or a proxy that requests one (mTLS).
 *
 * @module
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { CulvertError } from "../errors.ts";

/** A certificate chain and its key. */
export interface ClientIdentity {
  /** PEM, the client's own certificate first. */
  readonly certificate: string;
  /** PEM, not encrypted. */
  readonly key: string;
}

/** A file and its text. */
export interface PemFile {
  /** The path of the file, for messages. */
  readonly path: string;
  readonly text: string;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const KEY = /-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----[\s\S]*?-----END \1-----/;
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type:\s*4,\s*ENCRYPTED/;

/**
 * Reads an identity from two PEM files, which may be the same file. Other PEM sections are ignored.
 *
 * @throws CulvertError `config` if there is no certificate or no key, if the key is encrypted, and if the two
 * do not belong together
 */
export function parseClientIdentity(certificate: PemFile, key: PemFile): ClientIdentity {
  const chain = certificate.text.match(CERTIFICATE) ?? [];
  const own = chain.map(readCertificate);
  const [first] = own;
  if (first === undefined || own.includes(undefined)) {
    throw unusable("certificate", certificate.path, "it contains no usable PEM certificate", [
      "The file must begin with the client's own certificate (BEGIN CERTIFICATE), followed by its intermediates.",
      "For a PKCS#12 file (.p12, .pfx): openssl pkcs12 -in FILE -clcerts -nokeys -out client.pem",
    ]);
  }
  if (ENCRYPTED.test(key.text)) {
    throw unusable("key", key.path, "it is encrypted with a passphrase, which is not supported", [
      `Write a copy without a passphrase, readable only by you: openssl pkey -in ${key.path} -out client.key`,
    ]);
  }
  const text = KEY.exec(key.text)?.[0];
  const parsed = text === undefined ? undefined : readKey(text);
  if (text === undefined || parsed === undefined) {
    throw unusable("key", key.path, "it contains no usable PEM private key", [
      "The file must contain a section PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY.",
      "For a PKCS#12 file (.p12, .pfx): openssl pkcs12 -in FILE -nocerts -nodes -out client.key",
    ]);
  }
  if (!first.checkPrivateKey(parsed)) {
    throw unusable("key", key.path, `it does not belong to the first certificate of ${certificate.path}`, [
      "The client's own certificate must be the first of its file.",
    ]);
  }
  return { certificate: `${chain.join("\n")}\n`, key: `${text}\n` };
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function readKey(pem: string): ReturnType<typeof createPrivateKey> | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    // The library's message may quote the key.
    return undefined;
  }
}

function unusable(
  what: "certificate" | "key",
  path: string,
  reason: string,
  hints: readonly string[],
): CulvertError {
  const flag = what === "key" ? "--client-key or CULVERT_CLIENT_KEY" : "--client-cert or CULVERT_CLIENT_CERT";
  return new CulvertError("config", `The client ${what} "${path}" cannot be used: ${reason}`, {
    hint: [...hints, `Its path comes from ${flag}, or from the provider's table.`].join("\n"),
    details: { path },
  });
}
