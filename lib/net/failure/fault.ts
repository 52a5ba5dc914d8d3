/**
 * A network failure: its cause, and the end at which it occurred. Faults are used only inside `lib/net/`; its
 * callers receive a `CulvertError` made from one.
 *
 * @module
 */
import type { ErrorCode } from "../../errors.ts";
import type { Stage } from "./stage.ts";

/**
 * A fact about a fault that callers act on, in addition to its code. It is `condition` in the details of the
 * error.
 */
export type Condition =
  /** The server does not speak HTTP/1.1: a websocket cannot be opened, HTTP/2 may work. */
  | "no_application_protocol"
  /** The server requires a client certificate, and none was presented. */
  | "client_certificate_required"
  /** The server rejected the client certificate that was presented. */
  | "client_certificate_rejected"
  /** The proxy uses another scheme than its address. */
  | "proxy_scheme";

/** One failure. */
export interface NetworkFault {
  readonly code: ErrorCode;
  /** The end that failed: the target, or the proxy. */
  readonly at: "target" | "proxy";
  /** A clause for the message, lower-case start, without secrets. */
  readonly reason: string;
  /** The stage, if it is known. */
  readonly stage?: Stage;
  readonly condition?: Condition;
  /** The answer does not fit the scheme of the proxy's address: the proxy may use another one. */
  readonly suspectsScheme?: true;
  /** What to do about it, in full sentences, if the code is not specific enough. */
  readonly remedy?: string;
  /** The status of the proxy's answer to CONNECT. */
  readonly proxyStatus?: number;
  /** Authentication schemes that the proxy requested: `Basic`, `NTLM`, `Negotiate`, … */
  readonly challenges?: readonly string[];
  /** The error text of the system or the TLS library, without addresses. */
  readonly text?: string;
}

/** Carries a fault through code that throws. */
export class FaultError extends Error {
  override readonly name = "FaultError";
  readonly fault: NetworkFault;

  /** @param fault the failure */
  constructor(fault: NetworkFault) {
    super(fault.reason);
    this.fault = fault;
  }
}
