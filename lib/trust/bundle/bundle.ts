/**
 * The content of a CA bundle. These types are also the JSON of `culvert ca inspect`.
 *
 * @module
 */
import type { Warning } from "../../warning.ts";
import type { CertificateAux } from "../certificate/x509_aux.ts";

/** The kind of source of a bundle. */
export type BundleSourceKind = "flag" | "variable" | "config" | "file";

/** The file of a bundle, and the flag or variable that names it. */
export interface BundleSource {
  readonly kind: BundleSourceKind;
  /** The flag or variable as the user typed it: `--ca-cert`, `CODEX_CA_CERTIFICATE`, `SSL_CERT_FILE`. */
  readonly name: string;
  /** Absolute path of a file or, for `--ca-cert` and arguments, of a folder; `-` for standard input. */
  readonly path: string;
}

/** One usable certificate of a bundle. */
export interface BundleCertificate {
  /** 1-based, counted over the certificate sections of the file, unusable ones included. */
  readonly index: number;
  /** 1-based line of the section's first line; 1 in a binary file. */
  readonly line: number;
  /** The file that contains it, if the bundle is a folder. */
  readonly file?: string;
  /** The label as found: `CERTIFICATE`, `TRUSTED CERTIFICATE`, `X509 CERTIFICATE`, `PKCS7`, `DER`, … */
  readonly label: string;
  /** Exactly one DER certificate; bytes after it are removed. */
  readonly der: Uint8Array;
  /** The certificate as one canonical PEM block, 64 columns, LF, with a final newline. */
  readonly pem: string;
  /** OpenSSL's trust settings after the certificate (X509_AUX), if there are any. */
  readonly aux?: CertificateAux;
}

/** A section of the file that was not used as a certificate. */
export interface SkippedSection {
  /** The label, or `unlabelled`. */
  readonly kind: string;
  /** The file that contains it, if the bundle is a folder. */
  readonly file?: string;
  /** 1-based line of its first line. */
  readonly line: number;
  /** 1-based certificate index, if the section is labeled as a certificate. */
  readonly index?: number;
  /** The reason why it is not used. */
  readonly reason: string;
}

/**
 * A parsed bundle. It contains at least one certificate: a file without any is an error, never a `Bundle`.
 */
export interface Bundle {
  readonly source: BundleSource;
  /** Without duplicates, in file order. */
  readonly certificates: readonly BundleCertificate[];
  readonly skipped: readonly SkippedSection[];
  readonly warnings: readonly Warning[];
}
