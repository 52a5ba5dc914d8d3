/**
 * The failure of an attempt: its error, and whether another attempt may succeed.
 *
 * @module
 */
import type { AuthMode, Authorization } from "../../auth/authenticator.ts";
import type { Provider } from "../../config/provider.ts";
import { CulvertError, type ErrorCode } from "../../errors.ts";
import { isTransient } from "../../net/dialer/retry.ts";
import { type Secrets, secretsOf } from "./server_text.ts";

/** The reason why an attempt did not complete. */
export interface Failure {
  readonly error: CulvertError;
  /** Whether the same request may succeed if it is sent again. */
  readonly retryable: boolean;
  /** The delay that the server requests before that, ms. */
  readonly delayMs?: number;
}

/** The facts by which a failure is classified in addition to the reply. */
export interface RefusalContext {
  /** Wall clock, ms since 1970. */
  readonly now: number;
  readonly secrets: Secrets;
  /** The kind of credential that was sent. */
  readonly mode?: AuthMode;
  /** Display name of the provider. `Amazon Bedrock`, exactly, has a special 401. */
  readonly providerName?: string;
  /** The response that the caller wants to continue. */
  readonly previousResponseId?: string;
}

/**
 * Returns the facts by which a refusal is classified.
 *
 * @param authorization of the refused request; the values of its headers are removed from messages
 * @param now wall clock, ms since 1970
 */
export function refusalContext(
  { headers, name: providerName }: Provider,
  authorization: Authorization,
  now: number,
): RefusalContext {
  const secrets = [...secretsOf(authorization.headers), ...secretsOf(headers)];
  return { now, secrets, mode: authorization.mode, providerName };
}

/** Codes that are retried for a stream, beyond those that are retried for a request. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["idle_timeout", "stream_closed", "websocket"]);

/** Classifies an error of the network, or of reading a stream. */
export function networkFailure(error: CulvertError): Failure {
  if (error.details["close_code"] === MESSAGE_TOO_BIG) {
    return { error: requestTooBig(error), retryable: false };
  }
  // A missing permission of the program is not granted by waiting.
  const isDenied = error.details["permission"] !== undefined;
  return {
    error,
    retryable: !isDenied && (PASSING.has(error.code) || isTransient({ kind: "error", error })),
  };
}

/** Close code of a peer that received a message larger than it accepts (RFC 6455 §7.4.1). */
const MESSAGE_TOO_BIG = 1009;

function requestTooBig(error: CulvertError): CulvertError {
  return new CulvertError("websocket", error.message, {
    hint:
      "The request is larger than the server, or a proxy in front of it, accepts in one websocket message. Send less, " +
      "or use --transport sse.",
    details: error.details,
    cause: error,
  });
}

/**
 * Returns whether a connection was cut during a response or closed before its end. An idle timeout does not
 * count.
 */
export function isBrokenConnection(error: CulvertError): boolean {
  return error.code === "reset" || error.code === "websocket" || error.code === "stream_closed";
}
