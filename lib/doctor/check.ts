/**
 * The types of a check: a question, its finding and the remedy.
 *
 * @module
 */
import {
  type CulvertError,
  type DetailValue,
  ERROR_CODES,
  type ErrorCode,
  type ExitStatus,
} from "../errors.ts";

/** The status of a finding. `skipped`: the check did not run; the summary says why. */
export type CheckStatus = "ok" | "warn" | "fail" | "skipped";

/** The parts of a connection that checks examine, in the order in which a connection is made. */
export const CHECK_CATEGORIES = [
  "environment",
  "config",
  "trust",
  "clock",
  "credentials",
  "route",
  "network",
  "tls",
  "http",
  "stream",
  "websocket",
  "models",
] as const;

/** One of {@link CHECK_CATEGORIES}. */
export type CheckCategory = typeof CHECK_CATEGORIES[number];

/** Machine-readable facts of a finding. They never contain a secret. */
export type Details = Readonly<Record<string, DetailValue>>;

/** The result of a check. */
export interface Finding {
  readonly status: CheckStatus;
  /** One or two sentences for people, without a full stop at the end. */
  readonly summary: string;
  readonly details: Details;
  /** The action for the user. Absent if none is needed. */
  readonly remediation?: string;
  /** A command line that helps with this finding. */
  readonly next?: string;
  /** The cause of a failure. Every `fail` has one: it determines the exit code. */
  readonly code?: ErrorCode;
}

/** The optional parts of a finding. */
export interface FindingOptions {
  readonly details?: Details;
  readonly remediation?: string;
  readonly next?: string;
}

/** The code and the remedy of a check that is ended by a time limit. */
export interface Overdue {
  readonly code: ErrorCode;
  readonly remediation: string;
}

/** One question about the connection to the API. */
export interface Check<CONTEXT> {
  /** A stable name in snake case. */
  readonly id: string;
  readonly category: CheckCategory;
  /** The question that the check answers. */
  readonly question: string;
  /** Whether the check opens connections. */
  readonly network: boolean;
  /** Ids of checks that must pass first. A check that is not part of the run counts as passed. */
  readonly needs?: readonly string[];
  /** Ids of checks that must end first, with any status. */
  readonly after?: readonly string[];
  /** The finding when the time limit ends the check. */
  readonly overdue?: Overdue;
  /** Returns the command line to suggest when the check fails and its finding has none. */
  readonly next?: (context: CONTEXT, finding: Finding) => Promise<string | undefined>;
  /** A separate time limit, ms, for a check that may run longer than the shared limit. */
  readonly ownBudgetMs?: (context: CONTEXT) => number | undefined;
  /**
   * Runs the check. A thrown {@link CulvertError} becomes the finding `fail` with its message, hint and code.
   *
   * @param signal aborted at the end of the time limit
   */
  readonly run: (context: CONTEXT, signal: AbortSignal) => Promise<Finding>;
}

/** A finding with its check and its duration. */
export interface CheckResult {
  readonly id: string;
  readonly category: CheckCategory;
  readonly finding: Finding;
  readonly durationMs: number;
  /** The failed check because of which this one was skipped. */
  readonly blockedBy?: string;
}

/** Returns a finding that reports no problem. */
export function ok(summary: string, details: Details = {}): Finding {
  return { status: "ok", summary, details };
}

/** Returns a finding that is reported although turns work. */
export function warn(summary: string, options: FindingOptions = {}): Finding {
  return { status: "warn", summary, ...options, details: options.details ?? {} };
}

/** Returns a finding that makes turns fail. A remedy is required. */
export function fail(
  code: ErrorCode,
  summary: string,
  options: FindingOptions & { readonly remediation: string },
): Finding {
  return { status: "fail", code, summary, ...options, details: options.details ?? {} };
}

/** Returns the finding of a check that did not run. */
export function skipped(reason: string): Finding {
  return { status: "skipped", summary: reason, details: {} };
}

/** Returns the failure that an error describes, without a hint to run the doctor. */
export function failure(error: CulvertError, options: FindingOptions = {}): Finding {
  const hint = error.hint?.replace(/\s*For all checks: culvert doctor [^\n]*$/, "") ?? "";
  return fail(error.code, error.message, {
    remediation: hint === "" ? `See "${error.code}" in culvert help exit-codes.` : hint,
    ...options,
    details: { ...error.details, ...options.details },
  });
}

/** Returns the exit code of a failure; `undefined` for every other finding. */
export function exitStatusOf(finding: Finding): ExitStatus | undefined {
  if (finding.status !== "fail") return undefined;
  return ERROR_CODES[finding.code ?? "internal"].exit;
}
