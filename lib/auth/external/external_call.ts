/**
 * Calls functions of the embedding program, which may never return.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";

/** Longest wait for a function, ms, as the codex client (0.171.0) allows its host program. */
const LIMIT_MS = 10_000;

class ExternalTimeout extends Error {}

/**
 * Calls a function. It gets a signal that is aborted when no caller waits for it any more.
 *
 * @param call the function
 * @param signal ends the wait
 * @throws what `call` throws; an error for {@link externalFailure} after 10 s; the signal's reason
 */
export async function callExternal<T>(
  call: (signal: AbortSignal) => T | Promise<T>,
  world: Pick<World, "sleep">,
  signal: AbortSignal | undefined,
): Promise<T> {
  signal?.throwIfAborted();
  const over = new AbortController();
  const either = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const result = call(either);
  // Most functions answer from memory. (`then`: a promise may be one of a library.)
  if (!isThenable(result)) return result;
  const limit = world.sleep(LIMIT_MS, either).then(() => {
    throw new ExternalTimeout();
  });
  limit.catch(() => {/* aborted below */});
  try {
    return await Promise.race([result, limit]);
  } finally {
    over.abort();
  }
}

/** How a function failed. */
interface ExternalFailure {
  readonly code: "auth_missing" | "auth_refresh_failed";
  /** Completes with "failed". */
  readonly attempt: string;
  readonly cause: unknown;
  /** Whether a further call would fail too. */
  readonly isPermanent: boolean;
}

/**
 * Returns the error for a function that failed. The message of a foreign error is not repeated: it may contain the
 * credential.
 */
export function externalFailure({ code, attempt, cause, isPermanent }: ExternalFailure): CulvertError {
  if (cause instanceof ExternalTimeout) {
    return new CulvertError(code, `${attempt} failed: it returned nothing within ${LIMIT_MS / 1000} s`, {
      hint: "The function must return or throw within this time. Its signal is aborted at the end of it.",
      details: { reason: "external_timeout", permanent: false },
      cause,
    });
  }
  const why = cause instanceof CulvertError ? `: ${cause.message}` : "";
  return new CulvertError(code, `${attempt} failed${why}`, {
    hint: "The thrown value is the cause of this error.",
    details: { reason: isPermanent ? "external_permanent" : "external_transient", permanent: isPermanent },
    cause,
  });
}

function isThenable<T>(given: T | Promise<T>): given is Promise<T> {
  return typeof given === "object" && given !== null && "then" in given && typeof given.then === "function";
}
