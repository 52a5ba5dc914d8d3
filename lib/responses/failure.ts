/**
 * A failed attempt: the error, and whether another attempt makes sense.
 *
 * @module
 */
import type { CulvertError, ErrorCode } from "../errors.ts";

/** What became of an attempt that did not complete. */
export interface Failure {
  readonly error: CulvertError;
  /** Whether the same request may succeed when it is sent again. */
  readonly retryable: boolean;
  /** How long the server asks to wait before that, ms. */
  readonly delayMs?: number;
}

/**
 * Failures of the network that may pass. TLS verification, a proxy's refusal and a wrong address are not among them:
 * they fail the same way each time, and a retry only delays the message that helps.
 */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "dns",
  "connect",
  "connect_timeout",
  "reset",
  "header_timeout",
  "idle_timeout",
  "stream_closed",
  "websocket",
]);

/** Judges an error that the network layer threw, or the reading of a stream. */
export function networkFailure(error: CulvertError): Failure {
  // `transient` is how the credential sources mark a failure that may pass, such as a token server's 5xx.
  return { error, retryable: PASSING.has(error.code) || error.details.transient === true };
}
