/**
 * The CA of an intercepting proxy: it is created for one run, has a private key that cannot be exported, and
 * issues one certificate for each host.
 *
 * @module
 */
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import {
  authorityExtensions,
  distinguishedName,
  leafExtensions,
  serialNumber,
  validityOf,
} from "./certificate_fields.ts";
import { algorithmOf, certificatePem, generateKeys, keyPem } from "./keys.ts";
import type { KeyPairPem } from "./pki.ts";

/** A CA that intercepts. */
export interface InterceptionAuthority {
  /** Its certificate as one PEM block. */
  readonly certificate: string;
  /** Returns the chain and the key for a host. Concurrent callers share one certificate. */
  readonly issue: (host: string) => Promise<KeyPairPem>;
}

const DAY_MS = 24 * 3_600_000;
/** Apple's verifiers refuse server certificates that are valid for longer than 398 days. */
const LEAF_DAYS = 90;

/**
 * Creates a CA with an ECDSA P-256 key. WebCrypto holds the private key as not extractable, so that no code
 * of the program can write it to the disk. All leaf certificates share one key, so that each further
 * certificate takes about 4 ms (Deno 2.9.6).
 *
 * @param commonName common name of its subject, which other programs show in warnings
 */
export async function createInterceptionAuthority(commonName: string): Promise<InterceptionAuthority> {
  const algorithm = algorithmOf("ec");
  const [keys, leafKeys] = await Promise.all([generateKeys(algorithm, false), generateKeys(algorithm)]);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: distinguishedName(commonName),
    ...validityOf({ isCa: true }),
    signingAlgorithm: algorithm,
    keys,
    extensions: await authorityExtensions(keys.publicKey),
  });
  const certificate = certificatePem(authority);
  const privateKey = await keyPem(leafKeys.privateKey);
  const identifier = await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey);
  const issued = new Map<string, Promise<KeyPairPem>>();

  const create = async (host: string): Promise<KeyPairPem> => {
    const leaf = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      // RFC 5280 §A.1 allows 64 characters in a common name; clients read the subjectAltName anyway.
      subject: distinguishedName(host.slice(0, 64)),
      issuer: authority.subject,
      ...validityOf({ notAfter: Date.now() + LEAF_DAYS * DAY_MS }),
      signingAlgorithm: algorithm,
      publicKey: leafKeys.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        ...await leafExtensions({ names: [host] }, leafKeys.publicKey),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        identifier,
      ],
    });
    return { certificate: certificatePem(leaf) + certificate, privateKey };
  };

  return {
    certificate,
    issue: (host) => {
      const name = host.toLowerCase();
      const known = issued.get(name);
      if (known !== undefined) return known;
      const made = create(name);
      issued.set(name, made);
      // A failure is not cached: the next connection to the host tries again.
      made.catch(() => issued.delete(name));
      return made;
    },
  };
}
