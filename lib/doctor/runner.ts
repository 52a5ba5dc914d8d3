/**
 * Runs checks: what does not depend on one another at the same time, all of it under one deadline.
 *
 * @module
 */
import { asCulvertError } from "../errors.ts";
import type { World } from "../world.ts";
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
 * `needs` and `after` have ended; they must stand before it.
 *
 * @throws the reason of `options.signal` when that was aborted; nothing else
 */
export async function runChecks<CONTEXT>(
  checks: readonly Check<CONTEXT>[],
  context: CONTEXT,
  options: RunOptions,
): Promise<readonly CheckResult[]> {
  const over = new AbortController();
  const finished = new AbortController();
  const deadline = options.world.sleep(options.budgetMs, finished.signal)
    .then(() => over.abort(new DOMException("The time of all checks is over", "TimeoutError")))
    // Aborted because every check has ended: no deadline is needed any more.
    .catch(() => undefined);
  const stop = () => over.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", stop, { once: true });
  try {
    const started = new Map<string, Promise<CheckResult>>();
    for (const check of checks) {
      started.set(check.id, runOne(check, context, options, started, over.signal));
    }
    const results = await Promise.all(started.values());
    options.signal?.throwIfAborted();
    return results;
  } finally {
    options.signal?.removeEventListener("abort", stop);
    finished.abort();
    await deadline;
    // Whatever a check left running, a stream for one, has no listener any more.
    over.abort();
  }
}

async function runOne<CONTEXT>(
  check: Check<CONTEXT>,
  context: CONTEXT,
  options: RunOptions,
  started: ReadonlyMap<string, Promise<CheckResult>>,
  over: AbortSignal,
): Promise<CheckResult> {
  const { id, category } = check;
  const unasked = (reason: string) => ({ id, category, finding: skipped(reason), durationMs: 0 });
  if (check.network && options.skipNetwork !== undefined) return unasked(options.skipNetwork);
  const missing = await unmet(check, new Map(started));
  if (missing !== undefined) return unasked(missing);
  const begin = options.world.monotonic();
  const finding = await answer(check, context, over, options.budgetMs);
  return { id, category, finding, durationMs: Math.max(0, options.world.monotonic() - begin) };
}

/** Waits for the checks before this one; returns why it cannot run, if so. */
async function unmet<CONTEXT>(
  check: Check<CONTEXT>,
  earlier: ReadonlyMap<string, Promise<CheckResult>>,
): Promise<string | undefined> {
  await Promise.all((check.after ?? []).map((id) => earlier.get(id)));
  const needed = await Promise.all((check.needs ?? []).map((id) => earlier.get(id)));
  const failed = needed.find((result) => result?.finding.status === "fail");
  if (failed !== undefined) return `Not asked, because "${failed.id}" failed`;
  const unasked = needed.find((result) => result?.finding.status === "skipped");
  return unasked === undefined ? undefined : `Not asked, because "${unasked.id}" was skipped`;
}

async function answer<CONTEXT>(
  check: Check<CONTEXT>,
  context: CONTEXT,
  over: AbortSignal,
  budgetMs: number,
): Promise<Finding> {
  try {
    over.throwIfAborted();
    return await beforeAbort(check.run(context, over), over);
  } catch (thrown) {
    if (over.aborted && thrown === over.reason) return overdue(check, budgetMs);
    return failure(asCulvertError(thrown));
  }
}

function overdue<CONTEXT>(check: Check<CONTEXT>, budgetMs: number): Finding {
  const seconds = (budgetMs / 1_000).toFixed(1);
  return fail(check.overdue?.code ?? "connect_timeout", `No answer within the ${seconds} s of all checks`, {
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
