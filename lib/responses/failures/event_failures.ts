/**
 * Maps unsuccessful terminal events to a {@link Failure}.
 *
 * @module
 */
import { CulvertError, type DetailValue, type ErrorCode } from "../../errors.ts";
import { frameHeaders } from "../../net/server_evidence.ts";
import type { ErrorEvent, FailedEvent, IncompleteEvent } from "../events/events.ts";
import type { Failure, RefusalContext } from "./failure.ts";
import {
  CONTEXT_HINT,
  type HttpFailure,
  httpFailure,
  lacksPreviousResponse,
  policyMessage,
  PREVIOUS_RESPONSE_HINT,
} from "./http_failures.ts";
import { shownText } from "./server_text.ts";
import { waitInText } from "./wait_hint.ts";
import { isObject } from "../../text/json.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Classifies `response.failed` by the code in `response.error`, as the codex client does (0.171.0). */
export function failedResponse(event: FailedEvent, context: RefusalContext): Failure {
  const error = event.response?.error;
  const wellFormed = isObject(error) && isOptionalText(error.code) && isOptionalText(error.message) &&
    (error.resets_at === undefined || error.resets_at === null || Number.isInteger(error.resets_at));
  return codedFailure("The response failed", wellFormed ? error : {}, responseDetails(event), context);
}

/**
 * Classifies `response.incomplete`. It is not retried, because the same limit would truncate the next answer
 * too.
 */
export function incompleteResponse(event: IncompleteEvent): Failure {
  const details = event.response?.incomplete_details;
  const reason = isObject(details) && typeof details.reason === "string"
    ? shownText(details.reason, [])
    : "unknown";
  const hint = reason === "max_output_tokens"
    ? "The answer reached max_output_tokens. Raise that limit, or ask for a shorter answer."
    : reason === "content_filter"
    ? "A content filter ended the answer. Rephrase the request."
    : undefined;
  return {
    error: new CulvertError("incomplete", `The response is incomplete: ${reason}`, {
      ...(hint === undefined ? {} : { hint }),
      details: { ...responseDetails(event), reason },
    }),
    retryable: false,
  };
}

/**
 * Classifies an `error` event. There are three kinds:
 *
 * - with a status that is not 2xx: an HTTP reply in a frame, and classified as one;
 * - flat, with `message` next to `type`, as the public API documents it for SSE: classified like
 *   `response.failed`;
 * - without either: not a failure. (The codex client ignores it; {@link "../turn/response_reader.ts"} uses it
 *   to explain a stream that then ends without a terminal event.)
 *
 * Two codes mean that only the connection is unusable; they are retried with any status, unless the missing
 * response is one that the caller named.
 */
export function errorEvent(
  event: ErrorEvent,
  text: string,
  context: RefusalContext,
): HttpFailure | undefined {
  const fields = isObject(event.error) ? event.error : {};
  const code = fields.code ?? event.code;
  if (lacksPreviousResponse(code, context)) {
    return codedFailure("The server refused the request", { ...fields, code }, {}, context);
  }
  if (code === "websocket_connection_limit_reached" || code === "previous_response_not_found") {
    return {
      error: new CulvertError(
        "stream_closed",
        `The server requires a new connection: ${said(fields, context)}`,
        {
          details: { error_code: code },
        },
      ),
      retryable: true,
    };
  }
  const status = event.status ?? event.status_code;
  if (typeof status === "number" && Number.isInteger(status) && status >= 100 && status <= 599) {
    if (status >= 200 && status <= 299) return undefined;
    const refusal = { status, headers: frameHeaders(event.headers), body: text, attempted: "The request" };
    return { ...httpFailure(refusal, context), refusal };
  }
  if (event.error === undefined && typeof event.message === "string") {
    return codedFailure("The server reported an error", event, {}, context);
  }
  return undefined;
}

/**
 * Returns the failure of a stream that closed without its terminal event, but after an `error` event without
 * a status.
 */
export function endedAfterError(event: ErrorEvent, context: RefusalContext): Failure {
  const fields = isObject(event.error) ? event.error : event;
  return codedFailure("The stream ended after an error", fields, {}, context);
}

function codedFailure(
  what: string,
  fields: Fields,
  facts: Readonly<Record<string, DetailValue>>,
  context: RefusalContext,
): Failure {
  const code = typeof fields.code === "string" ? fields.code : undefined;
  const details = {
    ...facts,
    ...(code === undefined ? {} : { error_code: shownText(code, context.secrets) }),
  };
  const fail = (as: ErrorCode, hint?: string, message = said(fields, context)): CulvertError =>
    new CulvertError(as, `${what}: ${message}`, { ...(hint === undefined ? {} : { hint }), details });
  const final = (error: CulvertError): Failure => ({ error, retryable: false });
  if (lacksPreviousResponse(code, context)) return final(fail("invalid_request", PREVIOUS_RESPONSE_HINT));
  switch (code) {
    case "context_length_exceeded":
      return final(fail("context_window", CONTEXT_HINT));
    case "insufficient_quota":
      return final(fail("quota", "Check the plan and the billing details of the account."));
    case "usage_not_included":
      return final(fail("quota", "Use an account or an API key whose plan includes this."));
    case "cyber_policy":
      return final(fail("policy", undefined, shownText(policyMessage(fields.message), context.secrets)));
    case "invalid_prompt":
    case "bio_policy":
      return final(fail("invalid_request"));
    case "server_is_overloaded":
    case "slow_down":
      return final(fail("overloaded", "Try again later, or use another model."));
    case "rate_limit_exceeded": {
      const delayMs = typeof fields.message === "string" ? waitInText(fields.message) : undefined;
      return {
        error: fail("rate_limited", "Wait before the next request."),
        retryable: true,
        ...(delayMs === undefined ? {} : { delayMs }),
      };
    }
    default:
      return { error: fail("response_failed"), retryable: true };
  }
}

function said(fields: Fields, context: RefusalContext): string {
  const text = typeof fields.message === "string" ? shownText(fields.message, context.secrets) : "";
  return text === "" ? "no explanation" : text;
}

function responseDetails(event: FailedEvent | IncompleteEvent): Readonly<Record<string, DetailValue>> {
  return typeof event.response?.id === "string" ? { response_id: event.response.id } : {};
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || value === null || typeof value === "string";
}
