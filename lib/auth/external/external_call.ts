/**
 * A call of a function of the embedding program, which may never return.
 *
 * @module
 */
import type { World } from "../../world/world.ts";

/** The longest wait for it, ms: what the codex client (0.169.0) grants the program that it runs in. */
const LIMIT_MS = 10_000;

/** The time ran out. */
export class ExternalTimeout extends Error {
  override readonly name = "ExternalTimeout";

  constructor() {
    super(`it gave nothing within ${LIMIT_MS / 1000} s`);
  }
}

/**
 * Calls it.
 *
 * @param call gets a signal that is aborted when nobody waits any more
 * @param signal ends the wait
 * @throws what `call` throws, {@link ExternalTimeout}, the signal's reason
 */
export async function callExternal<T>(
  call: (signal: AbortSignal) => T | Promise<T>,
  world: Pick<World, "sleep">,
  signal: AbortSignal | undefined,
): Promise<T> {
  const over = new AbortController();
  const either = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const given = call(either);
  // Mostly it answers out of memory, and no clock is needed. (A promise may be of another library, or realm.)
  if (!isThenable(given)) return given;
  const limit = world.sleep(LIMIT_MS, either).then(() => {
    throw new ExternalTimeout();
  });
  try {
    return await Promise.race([given, limit]);
  } finally {
    over.abort();
    // Called off, and nobody's failure.
    limit.catch(() => {});
  }
}

function isThenable<T>(given: T | Promise<T>): given is Promise<T> {
  return typeof given === "object" && given !== null && "then" in given && typeof given.then === "function";
}
