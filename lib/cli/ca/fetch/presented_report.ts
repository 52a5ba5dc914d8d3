/**
 * Builds the report that `culvert ca fetch --json` prints.
 *
 * @module
 */
import type { DescribedCertificate } from "../../../trust/bundle/inspection.ts";
import { doctorCommand, explain, hostAndPort } from "../../../net/failure/explain.ts";
import type { PresentedCertificate } from "../../../net/diagnosis/presented_chain.ts";
import { describeRoute } from "../../../net/route/route.ts";
import { keyText } from "../../../trust/certificate/certificate_facts.ts";
import type { Presentation } from "./presentation.ts";

/** A failure in the report. */
export interface ReportedFailure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** A presented certificate. */
export interface ReportedCertificate extends DescribedCertificate {
  /** 1-based position in the chain; 1 is the certificate of the server. */
  readonly index: number;
  readonly names: readonly string[];
}

/** A CA that was written to a file. */
export interface WrittenCa {
  readonly path: string;
  readonly index: number;
  readonly subject: string;
  readonly issuer: string;
  readonly sha256: string;
  readonly is_root: boolean;
}

/** The report of `culvert ca fetch`. */
export interface PresentedReport {
  readonly schema_version: 1;
  /** The `host:port` of the argument. */
  readonly target: string;
  /** Description of the route, without credentials. */
  readonly route: string;
  /** The owner of the chain. */
  readonly presented_by: "target" | "proxy";
  readonly tls_version: string | null;
  readonly accepted: boolean;
  /** The reason why the roots in force reject the chain. */
  readonly error: ReportedFailure | null;
  readonly roots: string;
  /** `null` if it is not known. */
  readonly intercepted: boolean | null;
  /** The issuer of the last certificate of the chain. */
  readonly issuer: string;
  readonly findings: readonly string[];
  readonly certificates: readonly ReportedCertificate[];
  readonly written: WrittenCa | null;
  /** The reason why `-o` wrote nothing. */
  readonly unwritten: ReportedFailure | null;
}

/** Returns the findings as sentences. If the chain was rejected, the last sentence names the doctor command. */
export function sentencesOf({ findings, fault, attempted }: Presentation): readonly string[] {
  if (fault === undefined) return findings.sentences;
  return [...findings.sentences, `For all checks: ${doctorCommand(attempted.url)}`];
}

/** Builds the report. */
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
