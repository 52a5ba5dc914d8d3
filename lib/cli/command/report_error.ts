/**
 * Reports the failure of a command: on stderr, and with `--json` also as the last line of stdout.
 *
 * @module
 */
import type { CulvertError } from "../../errors.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import { formatError, messageColumns, redactError } from "../output/render_error.ts";
import type { OutputHost } from "../output/streams.ts";
import { createStyle } from "../../text/style.ts";
import { type ColorChoice, wantsColor } from "../output/color.ts";
import type { CliContext } from "./context.ts";

/** Options of the report. */
export interface ReportOptions {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly color?: ColorChoice;
  /** Shown instead of the error's own hint. */
  readonly hint?: string;
}

/** Writes the failure and sets the exit code. Writes nothing if the reader of stdout closed the pipe. */
export function reportError(context: CliContext, error: CulvertError, options: ReportOptions): void {
  const { host } = context;
  context.status = error.exitStatus;
  if (error.code === "reader_gone") return;
  const redact = createRedactor(host.secrets(), "user");
  const { code, details, message, exitStatus } = error;
  const shown = { code, details, message, hint: options.hint ?? error.hint ?? null };
  if (options.json) {
    const line = { type: "culvert.error", exit_code: exitStatus, error: redactError(shown, redact) };
    writeLastLine(host, `${JSON.stringify(line)}\n`);
  }
  const style = createStyle(wantsColor(options.color, host.stderr, host.world.env));
  host.stderr.writeSync(formatError(shown, { style, redact, columns: messageColumns(host.stderr) }));
  if (options.verbose && error.code === "internal" && error.cause instanceof Error) {
    host.stderr.writeSync(`${redact(error.cause.stack ?? "")}\n`);
  }
}

/**
 * Writes the line that reports a failure on stdout. If stdout cannot be written, the failure is reported only
 * on stderr.
 */
export function writeLastLine(host: OutputHost, line: string): void {
  try {
    host.stdout.writeSync(line);
  } catch {
    // The failure in the line determines the exit code, and is also reported on stderr.
  }
}
