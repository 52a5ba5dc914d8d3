/**
 * Renders failures: as a few lines of text, and as the error of a JSON line.
 *
 * @module
 */
import type { CulvertError, ErrorCode } from "../../errors.ts";
import { redactDetails } from "../../redaction/details.ts";
import type { Redactor } from "../../redaction/redactor.ts";
import type { ResultError } from "../../responses/events/events.ts";
import { removeControls } from "../../text/control_characters.ts";
import { removeStyles, type Style } from "../../text/style.ts";

/** The part of a failure that is shown to people. */
export interface Reportable extends Pick<CulvertError, "message"> {
  readonly hint?: string | null;
}

/**
 * Renders the message on one line, and each line of the hint below it, indented. So text from a server that is part
 * of either cannot begin a line of its own that looks like another message.
 */
export function formatError(error: Reportable, style: Style): string {
  const hint = error.hint === undefined || error.hint === null ? [] : error.hint.split("\n");
  const lines = [
    `${style.error("culvert:")} ${singleLine(error.message)}`,
    ...hint.map((line) => `  ${singleLine(line)}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** Joins the lines of a message that may quote a server, and replaces its other control characters. */
export function singleLine(text: string): string {
  return removeControls(removeStyles(text).trimEnd().replace(/[\r\n]+/g, " "), { joiners: true });
}

/** Returns a failure in the form that a JSON line has, with secrets masked. */
export function redactError(
  error: { readonly code: ErrorCode; readonly details: CulvertError["details"] } & Reportable,
  redact: Redactor,
): ResultError {
  const { code, message, hint, details } = error;
  return {
    code,
    message: redact(message),
    hint: hint === undefined || hint === null ? null : redact(hint),
    details: redactDetails(details, redact),
  };
}
