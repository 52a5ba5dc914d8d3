/**
 * Classifies an answer that did not complete, by `response.done` of v2.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { shownText } from "../../responses/failures/server_text.ts";
import { type Fields, objectField, textField } from "../protocol/json_fields.ts";
import { sessionFailure } from "../session/session_failure.ts";

/**
 * Returns the failure; `undefined` for an answer that completed, and for one that was cancelled because the user began
 * to speak.
 */
export function answerFailure(frame: Fields): CulvertError | undefined {
  const response = objectField(frame, "response");
  const status = textField(response, "status");
  const details = objectField(response, "status_details");
  const reason = textField(details, "reason");
  const id = textField(response, "id");
  const facts = id === undefined ? {} : { response_id: id };
  if (status === "failed") {
    const error = objectField(details, "error");
    const code = textField(error, "code") ?? textField(error, "type");
    const message = textField(error, "message") ?? "no explanation";
    const failure = sessionFailure({ kind: "error", message, ...(code === undefined ? {} : { code }) });
    return new CulvertError(failure.code, failure.message, {
      ...(failure.hint === undefined ? {} : { hint: failure.hint }),
      details: { ...failure.details, ...facts },
    });
  }
  if (status === "incomplete") {
    const why = shownText(reason ?? "unknown", []);
    return new CulvertError("incomplete", `The answer is incomplete: ${why}`, {
      details: { ...facts, reason: why },
    });
  }
  return undefined;
}
