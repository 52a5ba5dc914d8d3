/**
 * The outcome of all checks together: a status, a summary and a command to run next.
 *
 * @module
 */
import { plural } from "../../text/plural.ts";
import { EXIT, type ExitStatus } from "../../errors.ts";
import { type CheckResult, exitStatusOf } from "../check.ts";
import type { Commands } from "../commands.ts";

/** The outcome of one run. */
export interface Outcome {
  readonly status: "ok" | "warn" | "fail";
  /** The exit code of the first failed check; 0 without one. */
  readonly exitStatus: ExitStatus;
  readonly summary: string;
  /** The command to run next. */
  readonly next: string;
}

/**
 * Summarizes results, which are in the order of the connection: the first failure is the one to repair.
 *
 * @param results of every check
 * @param commands builds the command to run next if no check suggests one. After a failure it is a bug
 * report, because the doctor and a turn would fail again.
 */
export function outcomeOf(
  results: readonly CheckResult[],
  commands: Pick<Commands, "report" | "respond">,
): Outcome {
  const failed = results.filter(({ finding }) => finding.status === "fail");
  const warned = results.filter(({ finding }) => finding.status === "warn");
  const skippedCount = results.filter(({ finding }) => finding.status === "skipped").length;
  const run = results.length - skippedCount;
  const [first] = failed;
  if (first !== undefined) {
    const others = failed.length - 1;
    return {
      status: "fail",
      exitStatus: exitStatusOf(first.finding) ?? EXIT.internal,
      summary: `A turn would fail at "${first.id}"` +
        (others === 0 ? "" : `; ${plural(others, "check")} after it ${others === 1 ? "fails" : "fail"} too`),
      next: first.finding.next ?? commands.report(),
    };
  }
  const rest = skippedCount === 0 ? "" : `, ${skippedCount} skipped`;
  const suggested = warned.find(({ finding }) => finding.next !== undefined)?.finding.next;
  if (warned.length > 0) {
    return {
      status: "warn",
      exitStatus: EXIT.done,
      summary: `Nothing fails; ${plural(warned.length, "check")} of ${run} ${
        warned.length === 1 ? "warns" : "warn"
      }${rest}`,
      next: suggested ?? commands.respond(),
    };
  }
  return {
    status: "ok",
    exitStatus: EXIT.done,
    summary: run === 0 ? "No check was run" : `${allOf(run)} passed${rest}`,
    next: commands.respond(),
  };
}

function allOf(run: number): string {
  return run === 1 ? "The only check" : `All ${run} checks`;
}
