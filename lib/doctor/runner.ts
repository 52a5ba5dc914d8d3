/**
 * Runs checks with one time limit; independent checks run concurrently.
 *
 * @module
 */
import { deadline } from "../async/deadline.ts";
import { raceAbort } from "../async/race_abort.ts";
import { asCulvertError } from "../errors.ts";
import type { World } from "../world/world.ts";
import { type Check, type CheckResult, fail, failure, type Finding, skipped } from "./check.ts";
import { accessRemedy } from "./probe/file_access.ts";

/** Options of {@link runChecks}. */
export interface RunOptions {
  readonly world: Pick<World, "monotonic" | "sleep">;
  /** Time limit for all checks together, ms. */
  readonly budgetMs: number;
  /** The reason why checks that open connections are skipped. Absent: they run. */
  readonly skipNetwork?: string;
  /** Ends the run early. */
  readonly signal?: AbortSignal;
}

/**
 * Runs checks and returns their results in the order given. A check starts when the checks in its `needs` and
 * `after` have ended. They must not wait for each other in a circle.
 *
 * @throws the reason of `options.signal`; nothing else
 */
export async function runChecks<CONTEXT>(
  checks: readonly Check<CONTEXT>[],
  context: CONTEXT,
  options: RunOptions,
): Promise<readonly CheckResult[]> {
  // Stops work that still uses the signal after all checks have ended.
  const done = new AbortController();
  const { signal: stop } = options;
  const ended = stop === undefined ? done.signal : AbortSignal.any([done.signal, stop]);
  using limit = deadline(options.budgetMs, options.world, ended);
  const shared: Limit = { budgetMs: options.budgetMs, signal: limit.signal, ended };
  try {
    const slots = new Map(checks.map((check) => [check.id, Promise.withResolvers<CheckResult>()]));
    const results = await Promise.all(checks.map(async (check) => {
      const result = await runOne(check, context, options, (id) => slots.get(id)?.promise, shared);
      slots.get(check.id)?.resolve(result);
      return result;
    }));
    stop?.throwIfAborted();
    return results;
  } finally {
    done.abort();
  }
}

/** A running time limit. */
interface Limit {
  readonly budgetMs: number;
  /** Aborted at the end of the time limit or of the run. */
  readonly signal: AbortSignal;
  /** Aborted when the run ends. */
  readonly ended: AbortSignal;
}

/** Returns the result of a check when it ends; `undefined` for a check that is not part of the run. */
type ResultOf = (id: string) => Promise<CheckResult> | undefined;

async function runOne<CONTEXT>(
  check: Check<CONTEXT>,
  context: CONTEXT,
  options: RunOptions,
  resultOf: ResultOf,
  shared: Limit,
): Promise<CheckResult> {
  const { id, category } = check;
  const skip = (reason: string) => ({ id, category, finding: skipped(reason), durationMs: 0 });
  if (check.network && options.skipNetwork !== undefined) return skip(options.skipNetwork);
  const missing = await unmetNeed(check, resultOf);
  if (missing !== undefined) {
    const { blockedBy } = missing;
    return { ...skip(missing.reason), ...(blockedBy === undefined ? {} : { blockedBy }) };
  }
  const begin = options.world.monotonic();
  const finding = await find(check, context, options, shared);
  return { id, category, finding, durationMs: Math.max(0, options.world.monotonic() - begin) };
}

/** The reason why a check cannot run. */
interface UnmetNeed {
  readonly reason: string;
  readonly blockedBy?: string;
}

/** Waits for the checks that a check depends on; returns why it cannot run, if so. */
async function unmetNeed<CONTEXT>(check: Check<CONTEXT>, resultOf: ResultOf): Promise<UnmetNeed | undefined> {
  await Promise.all((check.after ?? []).map(resultOf));
  const needed = await Promise.all((check.needs ?? []).map(resultOf));
  const failed = needed.find((result) => result?.finding.status === "fail");
  const blockedBy = failed?.id ?? needed.find((result) => result?.blockedBy !== undefined)?.blockedBy;
  if (blockedBy !== undefined) return { reason: `Skipped, because "${blockedBy}" failed`, blockedBy };
  const skippedOne = needed.find((result) => result?.finding.status === "skipped");
  return skippedOne === undefined ? undefined : { reason: `Skipped, because "${skippedOne.id}" was skipped` };
}

/** Runs a check with the shared time limit, or with its own. */
async function find<CONTEXT>(
  check: Check<CONTEXT>,
  context: CONTEXT,
  options: RunOptions,
  shared: Limit,
): Promise<Finding> {
  const budgetMs = check.ownBudgetMs?.(context);
  if (budgetMs === undefined) return await findWithin(check, context, shared);
  using limit = deadline(budgetMs, options.world, shared.ended);
  return await findWithin(check, context, { ...shared, budgetMs, signal: limit.signal });
}

async function findWithin<CONTEXT>(
  check: Check<CONTEXT>,
  context: CONTEXT,
  { budgetMs, signal }: Limit,
): Promise<Finding> {
  try {
    signal.throwIfAborted();
    return await withNext(await raceAbort(check.run(context, signal), signal), check, context);
  } catch (thrown) {
    if (signal.aborted && thrown === signal.reason) {
      return await withNext(overdue(check, budgetMs), check, context);
    }
    const error = asCulvertError(thrown);
    const remediation = await accessRemedy(error);
    const finding = failure(error, remediation === undefined ? {} : { remediation });
    return await withNext(finding, check, context);
  }
}

async function withNext<CONTEXT>(
  finding: Finding,
  check: Check<CONTEXT>,
  context: CONTEXT,
): Promise<Finding> {
  if (finding.status !== "fail" || finding.next !== undefined) return finding;
  const next = await check.next?.(context, finding);
  return next === undefined ? finding : { ...finding, next };
}

function overdue<CONTEXT>(check: Check<CONTEXT>, budgetMs: number): Finding {
  const seconds = (budgetMs / 1_000).toFixed(1);
  return fail(check.overdue?.code ?? "connect_timeout", `No answer within ${seconds} s`, {
    remediation: check.overdue?.remediation ??
      "Run the doctor again. If this happens again, the network is too slow.",
  });
}
