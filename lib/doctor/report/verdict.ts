/**
 * What all checks together come to: one status, one sentence, one command to type next.
 *
 * @module
 */
import { EXIT, type ExitStatus } from "../../errors.ts";
import { type CheckResult, exitStatusOf } from "../check.ts";

/** The outcome of an examination. */
export interface Verdict {
  readonly status: "ok" | "warn" | "fail";
  /** The class of the first failing check, else 0. */
  readonly exitStatus: ExitStatus;
  readonly summary: string;
  /** The one command to type next. */
  readonly next: string;
}

/** What the verdict needs to know beside the results. */
export interface VerdictOptions {
  /** What to type when nothing is wrong. */
  readonly onSuccess: string;
  /** What to type after a mend, when no check knows better: the doctor, called as it was called. */
  readonly again: string;
}

/** Weighs the results, which stand in the order of the connection: the first that fails is the one to mend. */
export function reachVerdict(results: readonly CheckResult[], options: VerdictOptions): Verdict {
  const failed = results.filter(({ finding }) => finding.status === "fail");
  const warned = results.filter(({ finding }) => finding.status === "warn");
  const skippedCount = results.filter(({ finding }) => finding.status === "skipped").length;
  const asked = results.length - skippedCount;
  const [first] = failed;
  if (first !== undefined) {
    const others = failed.length - 1;
    return {
      status: "fail",
      exitStatus: exitStatusOf(first.finding) ?? EXIT.internal,
      summary: `A turn would fail at "${first.id}"` +
        (others === 0 ? "" : `; ${count(others, "check")} after it ${others === 1 ? "fails" : "fail"} too`),
      next: first.finding.next ?? options.again,
    };
  }
  const advice = warned.find(({ finding }) => finding.next !== undefined)?.finding.next;
  const rest = skippedCount === 0 ? "" : `, ${skippedCount} not asked`;
  if (warned.length > 0) {
    return {
      status: "warn",
      exitStatus: EXIT.done,
      summary: `Nothing fails; ${count(warned.length, "check")} of ${asked} ${
        warned.length === 1 ? "warns" : "warn"
      }${rest}`,
      next: advice ?? options.onSuccess,
    };
  }
  return {
    status: "ok",
    exitStatus: EXIT.done,
    summary: asked === 0 ? "No check was asked" : `All of ${count(asked, "check")} passed${rest}`,
    next: options.onSuccess,
  };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
