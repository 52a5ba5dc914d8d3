/**
 * Reads a {@link Bundle} from bytes: checks every certificate, skips broken ones with the reason, drops duplicates.
 *
 * @module
 */
import { certificatePem } from "../encoding/base64.ts";
import type { Bundle, BundleSource } from "./bundle.ts";
import { bundleInvalid } from "./bundle_error.ts";
import { type Candidate, type Passed, readSections } from "./bundle_sections.ts";
import { type CheckedCertificate, warnAbout } from "./bundle_warnings.ts";
import { outlineCertificate } from "../certificate/certificate_outline.ts";

/**
 * Checks with the runtime's TLS library whether a certificate can be a root.
 *
 * @param pem one canonical block
 * @returns the reason of the refusal, or `undefined` if it is accepted
 */
export type RootCheck = (pem: string) => string | undefined;

/** Options of {@link readBundle}. */
export interface ReadBundleOptions {
  /** The current time, ms since 1970. */
  readonly now: number;
  /** Checks certificates with an unknown critical extension. Default: they are accepted. */
  readonly checkRoot?: RootCheck | undefined;
}

/**
 * Reads a bundle in any form: PEM in any encoding, DER, PKCS#7.
 *
 * @param bytes the whole file
 * @param source what named it, for errors and warnings
 * @param options the time and the check of the runtime
 * @throws CulvertError `ca_invalid` if no certificate in it can be used
 */
export function readBundle(bytes: Uint8Array, source: BundleSource, options: ReadBundleOptions): Bundle {
  const sections = readSections(bytes);
  const passed: Passed[] = [...sections.passed];
  const used: CheckedCertificate[] = [];
  const seen = new Set<string>();
  for (const candidate of sections.candidates) {
    const checked = check(candidate, options.checkRoot);
    if (typeof checked === "string") {
      const { label: kind, line, index } = candidate;
      passed.push({ kind, line, index, reason: checked, isMalformed: true });
      continue;
    }
    // Concatenated bundles may contain a certificate twice, which is not an error.
    if (seen.has(checked.certificate.pem)) continue;
    seen.add(checked.certificate.pem);
    used.push(checked);
  }
  passed.sort((left, right) => left.line - right.line || (left.index ?? 0) - (right.index ?? 0));
  const skipped = passed.map(({ isMalformed: _, ...section }) => section);
  if (used.length === 0) throw bundleInvalid(source, skipped, sections.nothing);
  return {
    source,
    certificates: used.map((entry) => entry.certificate),
    skipped,
    warnings: warnAbout({ source, sections, passed, used, now: options.now }),
  };
}

/** @returns the certificate, or the reason why it cannot be used */
function check(candidate: Candidate, checkRoot: RootCheck | undefined): CheckedCertificate | string {
  const { index, line, label, der, aux, trailingBytes } = candidate;
  const result = outlineCertificate(der);
  if (!result.ok) return result.reason;
  const pem = certificatePem(der);
  if (result.outline.unknownCritical !== undefined && checkRoot?.(pem) !== undefined) {
    return `this runtime refuses its critical extension ${result.outline.unknownCritical}`;
  }
  const certificate = { index, line, label, der, pem, ...(aux === undefined ? {} : { aux }) };
  return { certificate, outline: result.outline, trailingBytes };
}
