/**
 * Warnings about usable certificates. They use only the outline of each certificate, which every run reads.
 * Warnings about keys and signatures are in `certificate_facts.ts`, for `ca inspect` and the doctor.
 *
 * @module
 */
import type { Warning } from "../../warning.ts";
import type { BundleCertificate, BundleSource } from "./bundle.ts";
import { describeSkipped, placeOf } from "./bundle_error.ts";
import type { BundleSections, Passed } from "./bundle_sections.ts";
import type { CertificateOutline } from "../certificate/certificate_outline.ts";
import { sameBytes } from "../encoding/der.ts";
import { formatName } from "../encoding/distinguished_name.ts";

/** A certificate that is used, with its outline. */
export interface CheckedCertificate {
  readonly certificate: BundleCertificate;
  readonly outline: CertificateOutline;
  /** Number of bytes that were removed after it and are not trust settings. */
  readonly trailingBytes: number;
}

/** Input of {@link warnAbout}. */
interface WarningInput {
  readonly source: BundleSource;
  readonly sections: BundleSections;
  /** Every section that is not used, broken certificates included. */
  readonly passed: readonly Passed[];
  readonly used: readonly CheckedCertificate[];
  /** ms since 1970. */
  readonly now: number;
}

/**
 * Collects the warnings of a bundle, in the order of its lines.
 *
 * @param input the bundle
 */
export function warnAbout(input: WarningInput): readonly Warning[] {
  const file = placeOf(input.source);
  const warnings: Warning[] = [];
  for (const section of input.passed) {
    if (!section.isMalformed) continue;
    warnings.push({
      code: section.index === undefined ? "ca_section_skipped" : "ca_certificate_skipped",
      message: `Skipped in the CA bundle ${file}: ${describeSkipped(section)}`,
      line: section.line,
    });
  }
  for (const line of input.sections.privateKeys) {
    warnings.push({
      code: "ca_private_key",
      message:
        `The CA bundle ${file} contains a private key on line ${line}; remove it, because other users can read bundles`,
      line,
    });
  }
  for (const used of input.used) {
    const { certificate } = used;
    const which = `Certificate ${certificate.index} on line ${certificate.line} of the CA bundle ${file}`;
    for (const [code, fault] of faultsOf(used, input)) {
      warnings.push({
        code,
        message: `${which} ${fault}: ${formatName(used.outline.subject)}`,
        line: certificate.line,
      });
    }
  }
  return warnings.toSorted((left, right) => (left.line ?? 0) - (right.line ?? 0));
}

function* faultsOf(used: CheckedCertificate, input: WarningInput): Generator<readonly [string, string]> {
  const { outline, certificate } = used;
  if (used.trailingBytes > 0) {
    yield ["ca_trailing_bytes", `is followed by ${used.trailingBytes} bytes that are not part of it`];
  }
  if (certificate.aux?.reject.includes("serverAuth") === true) {
    yield [
      "ca_rejects_servers",
      "is marked as rejected for servers in its OpenSSL trust settings, which are not enforced here",
    ];
  }
  if (outline.notAfter !== undefined && outline.notAfter < input.now) {
    yield ["ca_expired", `expired on ${day(outline.notAfter)}`];
  } else if (outline.notBefore !== undefined && outline.notBefore > input.now) {
    yield ["ca_not_yet_valid", `is not valid before ${day(outline.notBefore)} by the local clock`];
  }
  if (!outline.isCa && !outline.isSelfIssued) {
    yield [
      "ca_leaf",
      "is not a CA certificate but a certificate that a CA issued, so it cannot verify other certificates",
    ];
  } else if (outline.isCa && !outline.isSelfIssued && !hasIssuer(outline, input.used)) {
    yield [
      "ca_lone_intermediate",
      "is an intermediate whose issuer is not in the file; it is trusted here, but not by every program",
    ];
  }
}

function hasIssuer(outline: CertificateOutline, used: readonly CheckedCertificate[]): boolean {
  return used.some((other) => sameBytes(other.outline.subject, outline.issuer));
}

function day(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 10) : "an unreadable date";
}
