/**
 * A failure of the network, told apart: what went wrong and at which end. Faults stay inside this room; what
 * leaves it is a `CulvertError` made of one.
 *
 * @module
 */
import type { ErrorCode } from "../../errors.ts";
import type { Stage } from "./stage.ts";

/** One failure. */
export interface NetworkFault {
  readonly code: ErrorCode;
  /** Whose end failed: the target's, or the proxy's on the way to it. */
  readonly at: "target" | "proxy";
  /** A clause for the message, lower-case start, without secrets. */
  readonly reason: string;
  /** The stage of the attempt, where it is known. */
  readonly stage?: Stage;
  /** What the proxy answered to CONNECT. */
  readonly proxyStatus?: number;
  /** Authentication schemes the proxy asked for: `Basic`, `NTLM`, `Negotiate`, … */
  readonly challenges?: readonly string[];
  /** The system's or the TLS library's own words, cleaned of addresses. */
  readonly text?: string;
}

/** Carries a fault through code that throws. */
export class FaultError extends Error {
  override readonly name = "FaultError";
  readonly fault: NetworkFault;

  /** @param fault what happened */
  constructor(fault: NetworkFault) {
    super(fault.reason);
    this.fault = fault;
  }
}
