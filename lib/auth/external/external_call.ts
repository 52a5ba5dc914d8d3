/**
 * Calls functions of the embedding program, which may never return.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";

/** Longest wait for a function, ms, as the codex client (0.171.0) allows its host program. */
const LIMIT_MS = 10_000;

/** A function of the embedding program, and how its failure is reported. */
interface ExternalFunction<T> {
  readonly call: (signal: AbortSignal) => T | Promise<T>;
  readonly code: "auth_missing" | "auth_refresh_failed";
  /** Completes with "failed". */
  readonly attempt: string;
  /** Tells whether a further call would fail too. Default: no. */
  readonly isPermanent?: (thrown: unknown) => boolean;
}

class ExternalTimeout extends Error {}

/**
 * Calls a function. It gets a signal that is aborted when no caller waits for it any more. The message of what it
 * throws is not repeated: it may contain the credential.
 *
 * @param signal ends the wait
 * @throws CulvertError of the given code for what the function throws, and after 10 s; the signal's reason
 */
export async function callExternal<T>(
  { attempt, call, code, isPermanent = () => false }: ExternalFunction<T>,
  world: Pick<World, "sleep">,
  signal: AbortSignal | undefined,
): Promise<T> {
  signal?.throwIfAborted();
  const over = new AbortController();
  const either = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  try {
    const result = call(either);
    // Most functions answer from memory. (`then`: a promise may be one of a library.)
    if (!isThenable(result)) return result;
    const limit = world.sleep(LIMIT_MS, either).then(() => {
      throw new ExternalTimeout();
    });
    limit.catch(() => {/* aborted below */});
    return await Promise.race([result, limit]);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof ExternalTimeout) {
      throw new CulvertError(code, `${attempt} failed: it returned nothing within ${LIMIT_MS / 1000} s`, {
        hint: "The function must return or throw within this time. Its signal is aborted at the end of it.",
        details: { reason: "external_timeout", permanent: false },
        cause,
      });
    }
    const permanent = isPermanent(cause);
    const why = cause instanceof CulvertError ? `: ${cause.message}` : "";
    throw new CulvertError(code, `${attempt} failed${why}`, {
      hint: "The thrown value is the cause of this error.",
      details: { reason: permanent ? "external_permanent" : "external_transient", permanent },
      cause,
    });
  } finally {
    over.abort();
  }
}

function isThenable<T>(given: T | Promise<T>): given is Promise<T> {
  return typeof given === "object" && given !== null && "then" in given && typeof given.then === "function";
}
