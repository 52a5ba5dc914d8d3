/**
 * The time limit of `--timeout`.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import type { World } from "../../../world/world.ts";

/** A signal that is aborted at the end of the time limit. */
export interface TimeLimit extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Starts a time limit. Dispose of it when the work is done.
 *
 * @param seconds the limit; `undefined` for none
 * @param signal also aborts the returned signal
 */
export function startTimeLimit(
  seconds: number | undefined,
  signal: AbortSignal,
  world: Pick<World, "sleep">,
): TimeLimit {
  if (seconds === undefined) return { signal, [Symbol.dispose]: () => {} };
  const limit = new AbortController();
  const end = new AbortController();
  const error = new CulvertError("timeout", `No complete answer within ${seconds} s`, {
    hint: "Use a longer --timeout.",
    details: { flag: "--timeout", seconds },
  });
  world.sleep(seconds * 1_000, end.signal).then(() => limit.abort(error), () => {
    // The work ended first.
  });
  return { signal: AbortSignal.any([signal, limit.signal]), [Symbol.dispose]: () => end.abort() };
}
