/**
 * Runs checks: what does not depend on one another at the same time, all of it under one deadline.
 *
 * @module
 */
import { asCulvertError } from "../errors.ts";
import type { World } from "../world/world.ts";
import { type Check, type CheckResult, fail, failure, type Finding, skipped } from "./check.ts";

/** How to run. */
export interface RunOptions {
  readonly world: Pick<World, "monotonic" | "sleep">;
  /** Time for all checks together, ms. */
  readonly budgetMs: number;
  /** A reason not to run checks that open connections. Absent: they run. */
  readonly skipNetwork?: string;
  /** Stops everything early. */
  readonly signal?: AbortSignal;
}

/**
 * Runs the checks and returns their results in the order given. A check starts when those that it names in
 * `needs` and `after` have ended, wherever they stand in the list; they must not wait for each other in a circle.
 *
 * @throws the reason of `options.signal` when that was aborted; nothing else
 */
export async function runChecks<CONTEXT>(
  checks: readonly Check<CONTEXT>[],
  context: CONTEXT,
  options: RunOptions,
): Promise<readonly CheckResult[]> {
  const shared = deadline(options, options.budgetMs);
  try {
    const slots = new Map(checks.map((check) => [check.id, Promise.withResolvers<CheckResult>()]));
    const results = await Promise.all(checks.map(async (check) => {
      const result = await runOne(check, context, options, (id) => slots.get(id)?.promise, shared);
      slots.get(check.id)?.resolve(result);
      return result;
    }));
    options.signal?.throwIfAborted();
    return results;
  } finally {
    shared.lift();
  }
}

interface Deadline {
  readonly budgetMs: number;
  readonly signal: AbortSignal;
  /** Ends what still listens to the signal. */
  readonly lift: () => void;
}

function deadline(options: RunOptions, budgetMs: number): Deadline {
  const over = new AbortController();
  const lifted = new AbortController();
  options.world.sleep(budgetMs, lifted.signal).then(
    () => over.abort(new DOMException("Its time is over", "TimeoutError")),
    // Lifted: everything ended in time.
    () => undefined,
  );
  const stop = () => over.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", stop, { once: true });
  if (options.signal?.aborted === true) stop();
  return {
    budgetMs,
    signal: over.signal,
    lift: () => {
      options.signal?.removeEventListener("abort", stop);
      lifted.abort();
      over.abort();
    },
  };
}

/** The result of a check to come; nothing where there is none of that id. */
type ResultOf = (id: string) => Promise<CheckResult> | undefined;

async function runOne<CONTEXT>(
  check: Check<CONTEXT>,
  context: CONTEXT,
  options: RunOptions,
  resultOf: ResultOf,
  shared: Deadline,
): Promise<CheckResult> {
  const { id, category } = check;
  const unasked = (reason: string) => ({ id, category, finding: skipped(reason), durationMs: 0 });
  if (check.network && options.skipNetwork !== undefined) return unasked(options.skipNetwork);
  const missing = await unmet(check, resultOf);
  if (missing !== undefined) {
    const { blockedBy } = missing;
    return { ...unasked(missing.reason), ...(blockedBy === undefined ? {} : { blockedBy }) };
  }
  const begin = options.world.monotonic();
  const own = check.ownBudgetMs?.(context);
  const limit = own === undefined ? undefined : deadline(options, own);
  const finding = await answer(check, context, limit ?? shared);
  limit?.lift();
  return { id, category, finding, durationMs: Math.max(0, options.world.monotonic() - begin) };
}

/** Why a check cannot run. */
interface Unmet {
  readonly reason: string;
  readonly blockedBy?: string;
}

/** Waits for the checks that this one depends on; returns why it cannot run, if so. */
async function unmet<CONTEXT>(check: Check<CONTEXT>, resultOf: ResultOf): Promise<Unmet | undefined> {
  await Promise.all((check.after ?? []).map(resultOf));
  const needed = await Promise.all((check.needs ?? []).map(resultOf));
  const failed = needed.find((result) => result?.finding.status === "fail");
  const blockedBy = failed?.id ?? needed.find((result) => result?.blockedBy !== undefined)?.blockedBy;
  if (blockedBy !== undefined) return { reason: `Not asked, because "${blockedBy}" failed`, blockedBy };
  const unasked = needed.find((result) => result?.finding.status === "skipped");
  return unasked === undefined ? undefined : { reason: `Not asked, because "${unasked.id}" was not` };
}

async function answer<CONTEXT>(
  check: Check<CONTEXT>,
  context: CONTEXT,
  { signal, budgetMs }: Deadline,
): Promise<Finding> {
  try {
    signal.throwIfAborted();
    return withNext(await beforeAbort(check.run(context, signal), signal), check.next);
  } catch (thrown) {
    if (signal.aborted && thrown === signal.reason) return overdue(check, budgetMs);
    return withNext(failure(asCulvertError(thrown)), check.next);
  }
}

function withNext(finding: Finding, next: string | undefined): Finding {
  if (finding.status !== "fail" || finding.next !== undefined || next === undefined) return finding;
  return { ...finding, next };
}

function overdue<CONTEXT>(check: Check<CONTEXT>, budgetMs: number): Finding {
  const seconds = (budgetMs / 1_000).toFixed(1);
  return fail(check.overdue?.code ?? "connect_timeout", `No answer in the ${seconds} s there were`, {
    remediation: check.overdue?.remediation ??
      "Run the doctor again; if this comes back, the network is too slow.",
  });
}

/** The promise, or a rejection with the signal's reason as soon as that is aborted. */
function beforeAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
