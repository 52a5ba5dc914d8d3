/**
 * The report for machines. Its shape is described in `report.schema.json` beside this file.
 *
 * @module
 */
import type { ErrorCode, ExitStatus } from "../../errors.ts";
import { VERSION } from "../../version.ts";
import type { CheckCategory, CheckResult, CheckStatus, Details } from "../check.ts";
import { redactDetails } from "../../redaction/details.ts";
import type { Redactor } from "../../redaction/redactor.ts";
import type { Verdict } from "./verdict.ts";

/** The version of the shape. A key that goes or changes its meaning makes it rise; a new key does not. */
export const REPORT_SCHEMA_VERSION = 1;

/** Which checks were asked for. */
export type ReportMode = "full" | "network-only" | "offline";

/** One check, as it is printed. */
export interface ReportedCheck {
  readonly id: string;
  readonly category: CheckCategory;
  readonly status: CheckStatus;
  readonly summary: string;
  readonly details: Details;
  readonly remediation: string | null;
  readonly code: ErrorCode | null;
  readonly duration_ms: number;
}

/** The whole report. */
export interface Report {
  readonly schema_version: typeof REPORT_SCHEMA_VERSION;
  readonly culvert_version: string;
  readonly mode: ReportMode;
  /** Base URL that was examined; null where the configuration gave none. */
  readonly target: string | null;
  /** ISO 8601, by the local clock. */
  readonly started_at: string;
  readonly duration_ms: number;
  readonly status: Verdict["status"];
  readonly exit_code: ExitStatus;
  readonly summary: string;
  /** The one command to type next. */
  readonly next: string;
  readonly checks: readonly ReportedCheck[];
}

/** What a report is made of. */
export interface ReportParts {
  readonly mode: ReportMode;
  readonly target: string | undefined;
  /** ms since 1970. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly verdict: Verdict;
  readonly results: readonly CheckResult[];
  /** Everything passes through it on its way into the report. */
  readonly redact: Redactor;
}

/** Puts the report together, free of secrets. */
export function createReport(parts: ReportParts): Report {
  const { redact, verdict } = parts;
  return {
    schema_version: REPORT_SCHEMA_VERSION,
    culvert_version: VERSION,
    mode: parts.mode,
    target: parts.target === undefined ? null : redact(parts.target),
    started_at: new Date(parts.startedAt).toISOString(),
    duration_ms: Math.round(parts.durationMs),
    status: verdict.status,
    exit_code: verdict.exitStatus,
    summary: redact(verdict.summary),
    next: redact(verdict.next),
    checks: parts.results.map((result) => reported(result, redact)),
  };
}

function reported({ id, category, finding, durationMs }: CheckResult, redact: Redactor): ReportedCheck {
  return {
    id,
    category,
    status: finding.status,
    summary: redact(finding.summary),
    details: redactDetails(finding.details, redact),
    remediation: finding.remediation === undefined ? null : redact(finding.remediation),
    code: finding.code ?? null,
    duration_ms: Math.round(durationMs),
  };
}
