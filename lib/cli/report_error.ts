/**
 * How a failure reaches the user: one short block on stderr, always; with `--json` also as the last line on
 * stdout.
 *
 * @module
 */
import type { CulvertError } from "../errors.ts";
import type { CliContext } from "./context.ts";
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
  const lines = [`${style.error("culvert:")} ${error.message}`];
  if (error.hint !== undefined && error.hint !== null) {
    lines.push(...error.hint.split("\n").map((line) => `  ${line}`));
  }
  return `${lines.join("\n")}\n`;
}

/** Writes the failure and sets the exit status. A reader that went away gets silence. */
export function reportError(context: CliContext, error: CulvertError, options: ReportOptions): void {
  context.status = error.exitStatus;
  if (error.code === "reader_gone") return;
  if (options.json) {
    const { code, message, hint, details, exitStatus } = error;
    const line = {
      type: "culvert.error",
      exit_code: exitStatus,
      error: { code, message, hint: hint ?? null, details },
    };
    context.host.stdout.writeSync(`${JSON.stringify(line)}\n`);
  }
  const { stderr, world } = context.host;
  stderr.writeSync(formatError(error, createStyle(wantsColor(options.color, stderr, world.env))));
  if (options.verbose && error.code === "internal" && error.cause instanceof Error) {
    context.host.stderr.writeSync(`${error.cause.stack ?? ""}\n`);
  }
}
