/**
 * Reads the certificate chain that a target presents, over the route of a turn, and checks it against the roots in force.
 *
 * @module
 */
import { deadline } from "../../../async/deadline.ts";
import type { Interception } from "../../../doctor/probe/interception.ts";
import { RouteProbe } from "../../../doctor/probe/route_probe.ts";
import { type Attempted, explain } from "../../../net/failure/explain.ts";
import { FaultError, type NetworkFault } from "../../../net/failure/fault.ts";
import type { PresentedChain } from "../../../net/diagnosis/presented_chain.ts";
import type { ProbeResult } from "../../../net/diagnosis/probe.ts";
import type { TunnelParts } from "../../../net/tunnel/tunnel.ts";

/** Time limit, ms: for two handshakes, and for a third that bypasses the proxy for comparison. */
const LIMIT_MS = 15_000;

const NO_SECOND_HANDSHAKE: NetworkFault = {
  code: "reset",
  at: "target",
  reason: "the roots in force accept it, but the second handshake, which reads the chain, failed",
};

/** The result of {@link lookAt}. */
export interface Presentation {
  readonly attempted: Attempted;
  /** The owner of the chain: `proxy` if the certificate of a proxy over TLS was rejected. */
  readonly by: "target" | "proxy";
  readonly chain: PresentedChain;
  /** The reason why the roots in force reject the chain; absent if they accept it. */
  readonly fault?: NetworkFault;
  readonly findings: ProbeResult["findings"];
  readonly interception?: Interception;
}

/**
 * Reads the chain.
 *
 * @param attempted the target, its route and the roots
 * @param parts what tunnels are opened with
 * @param stop aborts the handshakes
 * @throws CulvertError of the network and TLS codes if no chain was presented; the reason of `stop`
 */
export async function lookAt(
  attempted: Attempted,
  parts: TunnelParts,
  stop: AbortSignal,
): Promise<Presentation> {
  const tooLate = new FaultError({
    code: "connect_timeout",
    at: "target",
    reason: `no certificate was presented in ${LIMIT_MS / 1000} s`,
  });
  using limit = deadline(LIMIT_MS, parts.world, stop, tooLate);
  const { signal } = limit;
  const probe = new RouteProbe(attempted, parts, signal);
  try {
    const seen = await probe.tls();
    const { chain, fault, findings } = seen;
    // An aborted handshake has no chain, which must not be reported as a fault of the server.
    signal.throwIfAborted();
    if (chain === undefined || chain.certificates.length === 0) {
      throw explain(fault ?? NO_SECOND_HANDSHAKE, attempted, findings);
    }
    const by = fault?.at ?? "target";
    // The certificate of a proxy does not show whether the target is intercepted.
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
  }
}
