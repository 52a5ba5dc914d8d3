/**
 * Splits the bytes of a bundle into certificate candidates and other sections, in file order. `bundle_reader.ts`
 * checks whether a candidate is a certificate.
 *
 * @module
 */
import { decodeBody } from "../encoding/base64.ts";
import type { SkippedSection } from "./bundle.ts";
import { firstItemLength, withShortestLength } from "../encoding/der.ts";
import { isCertificateKind, type PemSection, readPemSections } from "../encoding/pem.ts";
import { looksLikePkcs12, looksLikePkcs7, readPkcs7 } from "../encoding/pkcs7.ts";
import { decodeBundle, isJavaKeyStore } from "../encoding/bundle_text.ts";
import { type CertificateAux, readAux } from "../certificate/x509_aux.ts";

/** A section that is labeled as one certificate. */
export interface Candidate {
  /** 1-based, counted over all certificate sections, unusable ones included. */
  readonly index: number;
  /** 1-based line of its section. */
  readonly line: number;
  readonly label: string;
  /** One DER item; bytes after it are removed. */
  readonly der: Uint8Array;
  readonly aux?: CertificateAux;
  /** Number of bytes after the certificate that are not trust settings. They are removed. */
  readonly trailingBytes: number;
}

/** A section that was skipped. */
export interface Passed extends SkippedSection {
  /** Whether it is broken, and not only of another kind. */
  readonly isMalformed: boolean;
}

/** The content of a file. */
export interface BundleSections {
  readonly candidates: readonly Candidate[];
  readonly passed: readonly Passed[];
  /** 1-based lines of the private keys. */
  readonly privateKeys: readonly number[];
  /** The kind of file, if it has no section. */
  readonly nothing?: string;
}

/** Reasons why a well-formed section is not used, by its kind. The bodies of these kinds are base64. */
const NOT_CERTIFICATES: Readonly<Record<string, string>> = {
  "X509 CRL": "revocation lists are not used",
  "CERTIFICATE REQUEST": "a signing request is not a certificate",
  "NEW CERTIFICATE REQUEST": "a signing request is not a certificate",
  "PUBLIC KEY": "a public key is not a certificate",
  "PRIVATE KEY": "a private key is not a certificate",
  "RSA PRIVATE KEY": "a private key is not a certificate",
  "EC PRIVATE KEY": "a private key is not a certificate",
};

const PKCS7_KINDS = new Set(["PKCS7", "PKCS #7 SIGNED DATA", "CMS"]);

/**
 * Splits a bundle into sections.
 *
 * @param bytes the whole file
 */
export function readSections(bytes: Uint8Array): BundleSections {
  const decoded = decodeBundle(bytes);
  const collector = new Collector();
  if (decoded.kind === "binary") {
    collector.addBinary(bytes);
    return collector.result();
  }
  const sections = readPemSections(decoded.text);
  for (const section of sections) collector.add(section);
  const result = collector.result();
  return sections.length > 0 ? result : { ...result, nothing: describeText(decoded.text) };
}

class Collector {
  readonly #candidates: Candidate[] = [];
  readonly #passed: Passed[] = [];
  readonly #privateKeys: number[] = [];
  #index = 0;

  result(): BundleSections {
    return { candidates: this.#candidates, passed: this.#passed, privateKeys: this.#privateKeys };
  }

  add(section: PemSection): void {
    if (section.kind.endsWith("PRIVATE KEY")) this.#privateKeys.push(section.line);
    if (isCertificateKind(section.kind)) this.#addCertificate(section);
    else if (PKCS7_KINDS.has(section.kind)) this.#addPkcs7Section(section);
    else this.#passOther(section);
  }

  /**
   * Adds the content of a binary file: consecutive DER certificates, PKCS#7, or a kind of file that cannot be
   * used.
   */
  addBinary(bytes: Uint8Array): void {
    if (isJavaKeyStore(bytes)) {
      return this.#fail(
        "unlabelled",
        1,
        "it is a Java key store; export its certificates with keytool -exportcert -rfc",
      );
    }
    if (looksLikePkcs12(bytes)) {
      return this.#fail(
        "unlabelled",
        1,
        "it is PKCS#12, which may contain a private key; extract the certificates with openssl pkcs12 -nokeys",
      );
    }
    if (looksLikePkcs7(bytes)) return this.#addPkcs7(bytes, "PKCS7", 1);
    let rest = bytes;
    while (rest.length > 0 && (rest === bytes || rest[0] === 0x30)) {
      const length = firstItemLength(rest);
      if (length === undefined) {
        return this.#fail("DER", 1, "its DER length is invalid: the file is cut short");
      }
      const after = rest.subarray(length);
      const isLast = after[0] !== 0x30;
      this.#push({
        line: 1,
        label: "DER",
        der: rest.subarray(0, length),
        trailingBytes: isLast ? after.length : 0,
      });
      rest = after;
    }
  }

  #addCertificate(section: PemSection): void {
    const fail = (reason: string) => this.#fail(section.label, section.line, reason);
    if (section.problem !== undefined) return fail(section.problem);
    if (section.headers.some((header) => /^Proc-Type:.*ENCRYPTED/i.test(header))) {
      return fail("it is encrypted");
    }
    const body = decodeBody(section.body);
    if (!body.ok) return fail(body.reason);
    const length = firstItemLength(body.bytes);
    if (length === undefined) return fail("its DER length is invalid: it is cut short or is not DER");
    const trailer = body.bytes.subarray(length);
    const settings = trailer.length === 0 ? undefined : readAux(trailer);
    this.#push({
      line: section.line,
      label: section.label,
      der: body.bytes.subarray(0, length),
      trailingBytes: trailer.length - (settings?.length ?? 0),
      ...(settings === undefined ? {} : { aux: settings.aux }),
    });
  }

  #addPkcs7Section(section: PemSection): void {
    if (section.problem !== undefined) return this.#fail(section.label, section.line, section.problem);
    const body = decodeBody(section.body);
    if (!body.ok) return this.#fail(section.label, section.line, body.reason);
    this.#addPkcs7(body.bytes, section.label, section.line);
  }

  #addPkcs7(bytes: Uint8Array, label: string, line: number): void {
    const found = readPkcs7(bytes);
    if (!found.ok) return this.#fail(label, line, found.reason);
    for (const der of found.certificates) this.#push({ line, label, der, trailingBytes: 0 });
  }

  #passOther(section: PemSection): void {
    const known = NOT_CERTIFICATES[section.kind];
    const reason = known ??
      (section.kind.endsWith("PRIVATE KEY")
        ? "a private key is not a certificate"
        : "this kind of section is not a certificate");
    let fault = section.problem;
    if (fault === undefined && known !== undefined && section.headers.length === 0) {
      // An empty revocation list is accepted by the codex client.
      const body = section.body.every((line) => line.text.trim() === "")
        ? undefined
        : decodeBody(section.body);
      if (body?.ok === false) fault = body.reason;
    }
    this.#passed.push({
      kind: section.label === "" ? "unlabelled" : section.label,
      line: section.line,
      reason: fault === undefined ? reason : `${reason}, and ${fault}`,
      isMalformed: fault !== undefined,
    });
  }

  #push(candidate: Omit<Candidate, "index">): void {
    this.#candidates.push({ index: ++this.#index, ...candidate, der: withShortestLength(candidate.der) });
  }

  #fail(kind: string, line: number, reason: string): void {
    this.#passed.push({ kind, line, index: ++this.#index, reason, isMalformed: true });
  }
}

function describeText(text: string): string {
  const content = text.trim();
  if (text.length === 0) return "the file is empty";
  if (content === "") return "the file contains only blanks";
  if (/^<(!doctype|html|\?xml)/i.test(content)) {
    return "the file is a web page, perhaps a login page or an error page";
  }
  if (/^MII[A-Za-z0-9+/=\s]+$/.test(content)) {
    return "the file is base64 without its BEGIN and END lines";
  }
  return "the file contains no PEM section, and is neither DER nor PKCS#7";
}
