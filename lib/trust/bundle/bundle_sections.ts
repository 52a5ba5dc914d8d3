/**
 * From the bytes of a bundle to what was meant as a certificate and what was not, in file order. Whether a
 * candidate really is a certificate is decided by `bundle_reader.ts`.
 *
 * @module
 */
import { decodeBody } from "../encoding/base64.ts";
import type { CertificateAux, SkippedSection } from "./bundle.ts";
import { firstItemLength, withShortestLength } from "../encoding/der.ts";
import { isCertificateKind, type PemSection, readPemSections } from "../encoding/pem.ts";
import { looksLikePkcs12, looksLikePkcs7, readPkcs7 } from "../encoding/pkcs7.ts";
import { decodeBundle, isJavaKeyStore } from "./bundle_text.ts";
import { readAux } from "../certificate/x509_aux.ts";

/** Something that was meant to be one certificate. */
export interface Candidate {
  /** 1-based over all candidates and all certificate sections that gave none. */
  readonly index: number;
  /** 1-based line of its section. */
  readonly line: number;
  readonly label: string;
  /** One DER item, what followed it cut away. */
  readonly der: Uint8Array;
  readonly aux?: CertificateAux;
  /** Bytes behind the certificate that are not trust settings. They are cut away. */
  readonly trailingBytes: number;
}

/** A section that was passed over. */
export interface Passed extends SkippedSection {
  /** Whether it is broken, and not just of no use here. */
  readonly isMalformed: boolean;
}

/** What a file holds. */
export interface BundleSections {
  readonly candidates: readonly Candidate[];
  readonly passed: readonly Passed[];
  /** 1-based lines of the private keys. */
  readonly privateKeys: readonly number[];
  /** Set where no section was found at all: what the file is instead. */
  readonly nothing?: string;
}

/** Why a well-formed section is of no use, by its kind. Their bodies are base64 by definition. */
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
 * Takes a bundle apart.
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

  /** A file without text: DER certificates one behind the other, PKCS#7, or something that cannot be used. */
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
        "it is PKCS#12, which may hold a private key; take the certificates out with openssl pkcs12 -nokeys",
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
    const aux = trailer.length === 0 ? undefined : readAux(trailer);
    this.#push({
      line: section.line,
      label: section.label,
      der: body.bytes.subarray(0, length),
      trailingBytes: aux === undefined ? trailer.length : 0,
      ...(aux === undefined ? {} : { aux }),
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
      // An empty revocation list is nothing to speak of.
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
  if (content === "") return "the file holds only blanks";
  if (/^<(!doctype|html|\?xml)/i.test(content)) {
    return "the file is a web page, perhaps of a login or an error";
  }
  if (/^MII[A-Za-z0-9+/=\s]+$/.test(content)) {
    return "the file is base64 without its BEGIN and END lines";
  }
  return "the file holds no PEM section, and is neither DER nor PKCS#7";
}
