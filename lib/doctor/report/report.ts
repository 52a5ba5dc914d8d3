/**
 * The report of a run as JSON. Its schema is `report.schema.json` in this folder.
 *
 * @module
 */
import type { ErrorCode, ExitStatus } from "../../errors.ts";
import { VERSION } from "../../version.ts";
import type { CheckCategory, CheckResult, CheckStatus, Details } from "../check.ts";
import { redactDetails } from "../../redaction/details.ts";
import type { Redactor } from "../../redaction/redactor.ts";
import type { Outcome } from "./outcome.ts";

/**
 * The version of the schema. It is incremented when a key is removed or changes its meaning, not when one is
 * added.
 */
const REPORT_SCHEMA_VERSION = 1;

/** The checks that were run. */
export type ReportMode = "full" | "network-only" | "offline";

/** One check in the report. */
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

/** The report of one run. */
export interface Report {
  readonly schema_version: typeof REPORT_SCHEMA_VERSION;
  readonly culvert_version: string;
  readonly mode: ReportMode;
  /** The base URL that was examined; null if the configuration could not be read. */
  readonly target: string | null;
  /** ISO 8601 by the local clock. */
  readonly started_at: string;
  readonly duration_ms: number;
  readonly status: Outcome["status"];
  readonly exit_code: ExitStatus;
  readonly summary: string;
  /** The command to run next. */
  readonly next: string;
  readonly checks: readonly ReportedCheck[];
}

/** Parameters of {@link createReport}. */
export interface ReportParts {
  readonly mode: ReportMode;
  readonly target: string | undefined;
  /** ms since 1970. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly outcome: Outcome;
  readonly results: readonly CheckResult[];
  /** Applied to every text of the report. */
  readonly redact: Redactor;
}

/** Builds the report, with every secret removed. */
export function createReport(parts: ReportParts): Report {
  const { outcome, redact } = parts;
  return {
    schema_version: REPORT_SCHEMA_VERSION,
    culvert_version: VERSION,
    mode: parts.mode,
    target: parts.target === undefined ? null : redact(parts.target),
    started_at: new Date(parts.startedAt).toISOString(),
    duration_ms: Math.round(parts.durationMs),
    status: outcome.status,
    exit_code: outcome.exitStatus,
    summary: redact(outcome.summary),
    next: redact(outcome.next),
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
