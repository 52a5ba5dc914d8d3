/**
 * The JSON of `ca inspect`.
 *
 * @module
 */
import type { Warning } from "../../warning.ts";
import type { Bundle, BundleCertificate, BundleSource, SkippedSection } from "./bundle.ts";
import {
  type CertificateExtensions,
  extensionWarnings,
  readExtensions,
} from "../certificate/certificate_extensions.ts";
import {
  type CertificateFacts,
  certificateFacts,
  keyText,
  weaknesses,
} from "../certificate/certificate_facts.ts";

/** A certificate in the JSON output of every command. */
export interface DescribedCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** ISO 8601, UTC. */
  readonly not_before: string;
  readonly not_after: string;
  readonly is_ca: boolean;
  readonly self_signed: boolean;
  /** Kind and bits: `rsa 2048`, `ec 256`, `ed25519`. */
  readonly key: string;
  readonly signature_hash: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A certificate of a bundle. */
export interface InspectedCertificate extends DescribedCertificate {
  /** 1-based over the certificate sections of the file, unusable ones included. */
  readonly index: number;
  /** The file that contains it; absent if the bundle is a file. */
  readonly file?: string;
  /** 1-based; 1 in a binary file. */
  readonly line: number;
  /** The label as found in the file. */
  readonly label: string;
  /** The names that it may or must not issue for; absent if it does not constrain them. */
  readonly name_constraints?: { readonly permitted: readonly string[]; readonly excluded: readonly string[] };
  /** Critical extensions that the TLS library does not process; absent if there are none. */
  readonly unknown_critical_extensions?: readonly string[];
  /** OpenSSL's trust settings; null if the block has none. */
  readonly aux:
    | { readonly trust: readonly string[]; readonly reject: readonly string[]; readonly alias: string | null }
    | null;
}

/** A bundle with all of its certificates. */
export interface Inspection {
  readonly schema_version: 1;
  readonly source: BundleSource;
  readonly certificates: readonly InspectedCertificate[];
  readonly skipped: readonly SkippedSection[];
  readonly warnings: readonly {
    readonly code: string;
    readonly line: number | null;
    readonly message: string;
  }[];
}

/**
 * Describes every certificate of a bundle. The warnings include weak keys and signatures, which an ordinary
 * run does not check, since that requires `node:crypto`.
 *
 * @param bundle a bundle from `readBundle`
 */
export function inspectBundle(bundle: Bundle): Inspection {
  const weak: Warning[] = [];
  const certificates = bundle.certificates.flatMap((certificate) => {
    const facts = certificateFacts(certificate.der);
    // The reader has accepted it with the same outline, so there are facts.
    if (facts === undefined) return [];
    const { index, line } = certificate;
    const which = `Certificate ${index} on line ${line}`;
    const extensions = readExtensions(certificate.der);
    weak.push(
      ...weaknesses(facts, which, line),
      ...extensionWarnings(extensions, which, facts.subject, line),
    );
    return [inspect(certificate, facts, extensions)];
  });
  const warnings = [...bundle.warnings, ...weak]
    .toSorted((left, right) => (left.line ?? 0) - (right.line ?? 0))
    .map(({ code, line, message }) => ({ code, line: line ?? null, message }));
  return { schema_version: 1, source: bundle.source, certificates, skipped: bundle.skipped, warnings };
}

function inspect(
  certificate: BundleCertificate,
  facts: CertificateFacts,
  { nameConstraints, unknownCritical }: CertificateExtensions,
): InspectedCertificate {
  const { index, line, label, aux, file } = certificate;
  return {
    index,
    ...(file === undefined ? {} : { file }),
    line,
    label,
    subject: facts.subject,
    issuer: facts.issuer,
    not_before: facts.notBefore,
    not_after: facts.notAfter,
    is_ca: facts.isCa,
    self_signed: facts.isSelfSigned,
    key: keyText(facts),
    signature_hash: facts.signatureHash,
    sha256: facts.sha256,
    ...(nameConstraints === undefined ? {} : { name_constraints: nameConstraints }),
    ...(unknownCritical.length === 0 ? {} : { unknown_critical_extensions: unknownCritical }),
    aux: aux === undefined ? null : { trust: aux.trust, reject: aux.reject, alias: aux.alias ?? null },
  };
}
