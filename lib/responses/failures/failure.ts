/**
 * A failed attempt: the error, and whether another attempt makes sense.
 *
 * @module
 */
import type { CulvertError, ErrorCode } from "../../errors.ts";
import { isTransient } from "../../net/dialer/retry.ts";

/** What became of an attempt that did not complete. */
export interface Failure {
  readonly error: CulvertError;
  /** Whether the same request may succeed when it is sent again. */
  readonly retryable: boolean;
  /** How long the server asks to wait before that, ms. */
  readonly delayMs?: number;
}

/** Failures of a stream, beyond those of a request, that may pass. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["idle_timeout", "stream_closed", "websocket"]);

/** Judges an error that the network layer threw, or the reading of a stream. */
export function networkFailure(error: CulvertError): Failure {
  // A permission that the program lacks does not come by waiting.
  const isDenied = error.details["permission"] !== undefined;
  return {
    error,
    retryable: !isDenied && (PASSING.has(error.code) || isTransient({ kind: "error", error })),
  };
}

/** Whether a connection broke under a response, or was closed before its end; not that it went silent. */
export function isBrokenConnection(error: CulvertError): boolean {
  return error.code === "reset" || error.code === "websocket" || error.code === "stream_closed";
}
