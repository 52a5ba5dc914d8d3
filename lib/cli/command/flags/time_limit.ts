/**
 * The time limit of `--timeout`.
 *
 * @module
 */
import { type Deadline, deadline } from "../../../async/deadline.ts";
import { CulvertError } from "../../../errors.ts";
import type { World } from "../../../world/world.ts";

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
): Pick<Deadline, "signal" | typeof Symbol.dispose> {
  if (seconds === undefined) return { signal, [Symbol.dispose]: () => {} };
  const error = new CulvertError("timeout", `No complete answer within ${seconds} s`, {
    hint: "Use a longer --timeout.",
    details: { flag: "--timeout", seconds },
  });
  return deadline(seconds * 1_000, world, signal, error);
}
