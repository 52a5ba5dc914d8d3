/**
 * What a check is: one question, one answer, one remedy.
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

/** What an answer can be. `skipped` was not asked; its summary says why. */
export type CheckStatus = "ok" | "warn" | "fail" | "skipped";

/** Which stretch of the way a check looks at, in the order in which a connection is made. */
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

/** Facts for machines. Never a secret. */
export type Details = Readonly<Record<string, DetailValue>>;

/** The answer to a check's question. */
export interface Finding {
  readonly status: CheckStatus;
  /** One or two sentences for people. */
  readonly summary: string;
  readonly details: Details;
  /** What to do about it; absent where there is nothing to do. */
  readonly remediation?: string;
  /** One command line that takes the reader further. */
  readonly next?: string;
  /** Why it fails. Every `fail` has one: the exit status follows from it. */
  readonly code?: ErrorCode;
}

/** What may stand beside a summary. */
export interface FindingOptions {
  readonly details?: Details;
  readonly remediation?: string;
  readonly next?: string;
}

/** One question about the way from here to an answer. */
export interface Check<CONTEXT> {
  /** Stable, in snake case. */
  readonly id: string;
  readonly category: CheckCategory;
  /** The question, as a person would ask it. */
  readonly question: string;
  /** Whether it opens connections. */
  readonly network: boolean;
  /** Ids of checks without whose success this question makes no sense. One that is not run counts as passed. */
  readonly needs?: readonly string[];
  /** Ids of checks to wait for, however they end. */
  readonly after?: readonly string[];
  /** Code and remedy for the case that the shared deadline ends the check. */
  readonly overdue?: { readonly code: ErrorCode; readonly remediation: string };
  /** One command line that takes the reader further when the check fails and its finding names none. */
  readonly next?: string;
  /** Time of its own, ms, for a check that may go on when the time of all is over. */
  readonly ownBudgetMs?: (context: CONTEXT) => number | undefined;
  /**
   * Finds the answer. A thrown {@link CulvertError} is the answer `fail` with its message, hint and code.
   *
   * @param signal aborted when its time is over
   */
  readonly run: (context: CONTEXT, signal: AbortSignal) => Promise<Finding>;
}

/** A finding with its check and its time: one line of the report. */
export interface CheckResult {
  readonly id: string;
  readonly category: CheckCategory;
  readonly finding: Finding;
  readonly durationMs: number;
  /** The check whose failure kept this one from being asked. */
  readonly blockedBy?: string;
}

/** Everything is as it should be. */
export function ok(summary: string, details: Details = {}): Finding {
  return { status: "ok", summary, details };
}

/** It works, but the reader should know. */
export function warn(summary: string, options: FindingOptions = {}): Finding {
  return { status: "warn", summary, ...options, details: options.details ?? {} };
}

/** A turn would fail here. There is always something to do about that. */
export function fail(
  code: ErrorCode,
  summary: string,
  options: FindingOptions & { readonly remediation: string },
): Finding {
  return { status: "fail", code, summary, ...options, details: options.details ?? {} };
}

/** The question was not asked. */
export function skipped(reason: string, options: FindingOptions = {}): Finding {
  return { status: "skipped", summary: reason, ...options, details: options.details ?? {} };
}

/** The finding that an error amounts to. */
export function failure(error: CulvertError, options: FindingOptions = {}): Finding {
  // Errors of the network end by naming this very command.
  const hint = error.hint?.replace(/\s*For the whole picture: culvert doctor \S+$/, "") ?? "";
  return fail(error.code, error.message, {
    remediation: hint === "" ? `See "${error.code}" in culvert help exit-codes.` : hint,
    ...options,
    details: { ...error.details, ...options.details },
  });
}

/** The exit status that a finding stands for; undefined for all but a failure. */
export function exitStatusOf(finding: Finding): ExitStatus | undefined {
  if (finding.status !== "fail") return undefined;
  return ERROR_CODES[finding.code ?? "internal"].exit;
}
