/**
 * One look at what a target presents, by the route and against the roots of a turn.
 *
 * @module
 */
import type { Interception } from "../../../doctor/probe/interception.ts";
import { RouteProbe } from "../../../doctor/probe/route_probe.ts";
import { type Attempted, explain } from "../../../net/failure/explain.ts";
import { FaultError, type NetworkFault } from "../../../net/failure/fault.ts";
import type { PresentedChain } from "../../../net/diagnosis/presented_chain.ts";
import type { ProbeResult } from "../../../net/diagnosis/probe.ts";
import type { TunnelParts } from "../../../net/tunnel/tunnel.ts";

/** Time for the whole look, ms: two handshakes, and a third past the proxy to compare. */
const LIMIT_MS = 15_000;

const NO_SECOND_HANDSHAKE: NetworkFault = {
  code: "reset",
  at: "target",
  reason: "the roots in force accept it, but a second handshake, to look at the chain, did not come about",
};

/** What was seen. */
export interface Presentation {
  readonly attempted: Attempted;
  /** Whose chain it is: that of a proxy over TLS, where its certificate is the one that was refused. */
  readonly by: "target" | "proxy";
  readonly chain: PresentedChain;
  /** Why the roots in force do not accept it; absent where they do. */
  readonly fault?: NetworkFault;
  readonly findings: ProbeResult["findings"];
  readonly interception?: Interception;
}

/**
 * Looks.
 *
 * @param attempted where to, by which route, with which roots
 * @param parts what tunnels are made of
 * @param stop ends the look
 * @throws CulvertError where no chain came to be seen: of the network and TLS codes; the reason of `stop`
 */
export async function lookAt(
  attempted: Attempted,
  parts: TunnelParts,
  stop: AbortSignal,
): Promise<Presentation> {
  const late = new AbortController();
  const done = new AbortController();
  const tooLate = new FaultError({
    code: "connect_timeout",
    at: "target",
    reason: `no certificate was presented in ${LIMIT_MS / 1000} s`,
  });
  parts.world.sleep(LIMIT_MS, done.signal).then(() => late.abort(tooLate), () => undefined);
  const signal = AbortSignal.any([stop, late.signal]);
  const probe = new RouteProbe(attempted, parts, signal);
  try {
    const seen = await probe.tls();
    const { chain, fault, findings } = seen;
    // A handshake that is stopped half-way shows no chain, and that is not the server's doing.
    signal.throwIfAborted();
    if (chain === undefined || chain.certificates.length === 0) {
      throw explain(fault ?? NO_SECOND_HANDSHAKE, attempted, findings);
    }
    const by = fault?.at ?? "target";
    // A proxy's own certificate says nothing about the target behind it.
    const interception = by === "proxy" ? undefined : await probe.interception();
    return {
      attempted,
      by,
      chain,
      findings,
      ...(fault === undefined ? {} : { fault }),
      ...(interception === undefined ? {} : { interception }),
    };
  } catch (error) {
    throw probe.explain(error);
  } finally {
    done.abort();
  }
}
