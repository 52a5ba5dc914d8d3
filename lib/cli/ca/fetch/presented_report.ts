/**
 * What `culvert ca fetch --json` prints.
 *
 * @module
 */
import type { DescribedCertificate } from "../../../trust/bundle/inspection.ts";
import { doctorCommand, explain, hostAndPort } from "../../../net/failure/explain.ts";
import type { PresentedCertificate } from "../../../net/diagnosis/presented_chain.ts";
import { describeRoute } from "../../../net/route/route.ts";
import type { Presentation } from "./presentation.ts";

/** A failure, as JSON has it. */
export interface ReportedFailure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** A certificate that was presented. */
export interface ReportedCertificate extends DescribedCertificate {
  /** 1-based; 1 is the server's own. */
  readonly index: number;
  readonly names: readonly string[];
}

/** A CA that went into a file. */
export interface WrittenCa {
  readonly path: string;
  readonly index: number;
  readonly subject: string;
  readonly issuer: string;
  readonly sha256: string;
  readonly is_root: boolean;
}

/** The report. */
export interface PresentedReport {
  readonly schema_version: 1;
  /** `host:port` that was asked for. */
  readonly target: string;
  /** Credentials are masked. */
  readonly route: string;
  /** Whose chain it is. */
  readonly presented_by: "target" | "proxy";
  readonly tls_version: string | null;
  readonly accepted: boolean;
  /** Why the roots in force do not accept it. */
  readonly error: ReportedFailure | null;
  readonly roots: string;
  /** `null` where it cannot be told. */
  readonly intercepted: boolean | null;
  /** The outermost issuer that the chain names. */
  readonly issuer: string;
  readonly findings: readonly string[];
  readonly certificates: readonly ReportedCertificate[];
  readonly written: WrittenCa | null;
  /** Why nothing was written, where that was asked for. */
  readonly unwritten: ReportedFailure | null;
}

/** The sentences that the look itself is no part of, with the way to know more. */
export function sentencesOf({ findings, fault, attempted }: Presentation): readonly string[] {
  if (fault === undefined) return findings.sentences;
  return [...findings.sentences, `For all checks: ${doctorCommand(attempted.url)}`];
}

/** Makes the report. */
export function presentedReport(
  presentation: Presentation,
  outcome: Pick<PresentedReport, "written" | "unwritten">,
): PresentedReport {
  const { attempted, by, chain, fault, findings, interception } = presentation;
  const sentences = sentencesOf(presentation);
  const error = fault === undefined ? undefined : explain(fault, attempted, findings);
  return {
    schema_version: 1,
    target: hostAndPort(attempted.url),
    route: describeRoute(attempted.route),
    presented_by: by,
    tls_version: chain.protocol ?? null,
    accepted: fault === undefined,
    error: error === undefined
      ? null
      : { code: error.code, message: error.message, hint: sentences.join(" ") },
    roots: attempted.trust.description,
    intercepted: interception === undefined || interception.kind === "perhaps"
      ? null
      : interception.kind === "certain",
    issuer: chain.certificates.at(-1)?.issuer ?? "",
    findings: findings.sentences,
    certificates: chain.certificates.map(reported),
    ...outcome,
  };
}

function reported(certificate: PresentedCertificate, at: number): ReportedCertificate {
  return {
    index: at + 1,
    subject: certificate.subject,
    issuer: certificate.issuer,
    names: certificate.altNames,
    not_before: certificate.notBefore,
    not_after: certificate.notAfter,
    is_ca: certificate.isCa,
    self_signed: certificate.isSelfSigned,
    key: keyText(certificate),
    signature_hash: certificate.signatureHash,
    sha256: certificate.sha256,
  };
}

/** Kind of key, with its size where it has one. */
export function keyText({ keyType, keyBits }: Pick<PresentedCertificate, "keyType" | "keyBits">): string {
  return keyBits === undefined ? keyType : `${keyType} ${keyBits}`;
}
