/**
 * How a failure reaches the user: one short block on stderr, always; with `--json` also as the last line on
 * stdout.
 *
 * @module
 */
import type { CulvertError, ErrorCode } from "../../errors.ts";
import { redactDetails } from "../../redaction/details.ts";
import { secretsAround } from "../../redaction/environment_secrets.ts";
import { createRedactor, type Redactor } from "../../redaction/redactor.ts";
import type { ResultError } from "../../responses/events/events.ts";
import type { CliContext } from "../command/context.ts";
import { type ColorChoice, createStyle, type Style, wantsColor } from "./style.ts";

/** How to report. */
export interface ReportOptions {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly color?: ColorChoice;
}

/** A failure, as people are told of it. */
export interface Reportable extends Pick<CulvertError, "message"> {
  readonly hint?: string | null;
}

/** The block for people: what went wrong, then what to do next. */
export function formatError(error: Reportable, style: Style): string {
  const lines = [`${style.error("culvert:")} ${withoutControls(error.message)}`];
  if (error.hint !== undefined && error.hint !== null) {
    lines.push(...error.hint.split("\n").map((line) => `  ${withoutControls(line)}`));
  }
  return `${lines.join("\n")}\n`;
}

/**
 * Text without what a terminal would obey: messages quote servers, proxies and certificates, which are
 * strangers. Line breaks stay.
 */
export function withoutControls(text: string): string {
  return text.replace(/[^\P{Cc}\n]|[\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, "\ufffd");
}

/** A failure as a JSON line holds it. */
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

/** Writes the failure and sets the exit status. A reader that went away gets silence. */
export function reportError(context: CliContext, error: CulvertError, options: ReportOptions): void {
  context.status = error.exitStatus;
  if (error.code === "reader_gone") return;
  const { stderr, stdout, world } = context.host;
  const redact = createRedactor(secretsAround(world.env), "user");
  if (options.json) {
    const line = { type: "culvert.error", exit_code: error.exitStatus, error: redactError(error, redact) };
    stdout.writeSync(`${JSON.stringify(line)}\n`);
  }
  stderr.writeSync(redact(formatError(error, createStyle(wantsColor(options.color, stderr, world.env)))));
  if (options.verbose && error.code === "internal" && error.cause instanceof Error) {
    context.host.stderr.writeSync(`${error.cause.stack ?? ""}\n`);
  }
}
