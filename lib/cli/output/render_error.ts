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
import { LINE_WIDTH, wrapLine } from "../../text/wrap.ts";
import type { OutputStream } from "./streams.ts";

/** The part of a failure that is shown to people. */
export interface Reportable extends Pick<CulvertError, "message"> {
  readonly hint?: string | null;
}

/** How messages are written. */
export interface MessageFormat {
  readonly style: Style;
  /** Masks secrets, before a line is broken within one. */
  readonly redact: Redactor;
  /** Width of the terminal. Absent: lines are not broken. */
  readonly columns?: number | undefined;
}

/** Returns the width at which messages are broken: that of the terminal; `undefined` for a pipe or a file. */
export function messageColumns(stream: Pick<OutputStream, "columns" | "isTerminal">): number | undefined {
  return stream.isTerminal ? stream.columns() ?? LINE_WIDTH : undefined;
}

/**
 * Renders the message, and each line of the hint below it, indented. Text from a server that is part of either cannot
 * begin a line of its own that looks like another message.
 */
export function formatError(error: Reportable, format: MessageFormat): string {
  const hint = error.hint === undefined || error.hint === null ? [] : error.hint.split("\n");
  const lines = [
    ...styleStart(messageLines(error.message, "culvert: ", format), "culvert:", format.style.error),
    ...hint.flatMap((line) => messageLines(line, "  ", format)),
  ];
  return `${lines.join("\n")}\n`;
}

/** Returns a message as one line, or as the lines that fit the terminal; every line after the first is indented. */
export function messageLines(text: string, start: string, { columns, redact }: MessageFormat): string[] {
  const line = redact(singleLine(text));
  return columns === undefined ? [`${start}${line}`] : wrapLine(line, start, "  ", columns);
}

/** Styles the word that the first line begins with. */
function styleStart(
  [first = "", ...rest]: readonly string[],
  word: string,
  style: (text: string) => string,
): readonly string[] {
  return [style(word) + first.slice(word.length), ...rest];
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
