/**
 * Classifies an error that the server reports inside a realtime session.
 *
 * @module
 */
import { CulvertError, type ErrorCode } from "../../errors.ts";
import { shownText } from "../../responses/failures/server_text.ts";
import type { RealtimeEvent } from "../protocol/realtime_event.ts";

/** The meaning of the server's codes, with the remedy. Any other code is a failed response. */
const MEANINGS: Readonly<Record<string, readonly [code: ErrorCode, hint: string]>> = {
  invalid_api_key: ["auth_rejected", "Check with `culvert auth status` which credential was used."],
  insufficient_quota: ["quota", "Check the plan and the billing details of the account."],
  rate_limit_exceeded: ["rate_limited", "Wait before the next session."],
  server_is_overloaded: ["overloaded", "Try again later."],
  slow_down: ["overloaded", "Try again later."],
  server_error: ["server", "Try again."],
  session_expired: [
    "stream_closed",
    "The server limits the duration of a session. Start another session for the rest.",
  ],
  model_not_found: ["not_found", "Check the name of the model."],
  invalid_model: ["not_found", "Check the name of the model."],
  invalid_parameter: ["invalid_request", "The server does not accept this setting of the session."],
  invalid_value: ["invalid_request", "The server does not accept this setting of the session."],
  unknown_parameter: ["invalid_request", "The server does not know this setting of the session."],
  invalid_request_error: ["invalid_request", "The server does not accept this setting of the session."],
};

/** Returns the error for a code of the server. */
export function sessionFailure(event: Extract<RealtimeEvent, { readonly kind: "error" }>): CulvertError {
  const { code, message } = event;
  const meaning = code !== undefined && Object.hasOwn(MEANINGS, code) ? MEANINGS[code] : undefined;
  const [as, hint] = meaning ?? ["response_failed", undefined];
  return new CulvertError(
    as,
    `The realtime session reports an error: ${shownText(message, []).replace(/\.$/, "")}`,
    {
      ...(hint === undefined ? {} : { hint }),
      details: code === undefined ? {} : { error_code: shownText(code, []) },
    },
  );
}
