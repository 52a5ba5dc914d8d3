/**
 * Tells connecting from waiting, which the runtime's HTTP client does not: a bare connection to the same place.
 *
 * @module
 */
import type { CulvertError } from "../../errors.ts";
import { type Attempted, explain } from "../failure/explain.ts";
import { firstHop, reachFirstHop } from "../tunnel/first_hop.ts";
import type { TunnelParts } from "../tunnel/tunnel.ts";

/**
 * Tries to connect to the first hop for half of the limit, the other half of which is over.
 *
 * @param limitMs the whole of it, ms
 * @param signal aborted when the answer is there, and the question with it
 * @returns the failure; nothing where the connection was made, was refused at once (then the request itself says so
 *   better) or is not asked for any more
 */
export async function connectFailure(
  attempted: Attempted,
  parts: TunnelParts,
  limitMs: number,
  signal: AbortSignal,
): Promise<CulvertError | undefined> {
  const late = new AbortController();
  const calm = new AbortController();
  const either = AbortSignal.any([signal, calm.signal]);
  parts.world.sleep(limitMs / 2, either).then(
    () => late.abort(),
    // The pause was called off.
    () => {},
  );
  try {
    await reachFirstHop(attempted, parts, AbortSignal.any([signal, late.signal]));
    return undefined;
  } catch {
    // Whatever was thrown: what counts is whether the time ran out over it.
    if (signal.aborted || !late.signal.aborted) return undefined;
    const reason = `no answer within ${limitMs / 1000} s, and no connection could be made meanwhile`;
    return explain({ code: "connect_timeout", at: firstHop(attempted).at, reason }, attempted);
  } finally {
    calm.abort();
  }
}
