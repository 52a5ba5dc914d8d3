/**
 * Writes notes, warnings, progress and failures to stderr, as many of them as the flags ask for.
 *
 * @module
 */
import { createRedactor, type Redactor } from "../../redaction/redactor.ts";
import type { Secrets } from "../../redaction/secrets.ts";
import type { Warning } from "../../warning.ts";
import {
  formatError,
  messageColumns,
  type MessageFormat,
  messageLines,
  type Reportable,
} from "./render_error.ts";
import { type ProgressLine, startProgressLine } from "./progress_line.ts";
import type { OutputHost } from "./streams.ts";
import { createStyle } from "../../text/style.ts";
import { type ColorChoice, wantsColor } from "./color.ts";

const WARNING = "warning:";

/** The flags that choose what is written to stderr. */
export type OutputFlags = {
  readonly quiet?: number;
  readonly verbose?: number;
  readonly color?: ColorChoice;
};

/** Writes messages to stderr. */
export interface Reporter {
  /** How much is written: 2 everything, 1 details, 0 the default, -1 no progress, -2 errors only. */
  readonly level: number;
  /** The secrets that are masked in every message. A command adds the ones it learns of. */
  readonly secrets: Secrets;
  /** Writes that a step was taken; silenced by `-q`. */
  readonly progress: (message: string) => void;
  /** Writes a warning; silenced by `-qq`. */
  readonly warn: (warning: Warning) => void;
  /** Writes a detail for `-v`, or for `-vv` with level `debug`. */
  readonly note: (message: string, level?: "info" | "debug") => void;
  /** Writes what a flag asked for, such as the counts of `--usage`; no flag silences it. */
  readonly requested: (message: string) => void;
  /** Writes a failure; no flag silences it. */
  readonly fail: (error: Reportable) => void;
  /** Shows on a terminal what is being waited for, until it is stopped; silenced by `-q`. */
  readonly wait: (label: string) => ProgressLine;
}

/** Creates the reporter that the flags ask for. */
export function createReporter(host: OutputHost, flags: OutputFlags): Reporter {
  const level = (flags.verbose ?? 0) - (flags.quiet ?? 0);
  const style = createStyle(wantsColor(flags.color, host.stderr, host.world.env));
  let progressLine: ProgressLine | undefined;
  let redact: Redactor | undefined;
  const format = (): MessageFormat => ({
    style,
    redact: redact ??= createRedactor(host.secrets(), "user"),
    columns: messageColumns(host.stderr),
  });
  const write = (text: string) => {
    progressLine?.pause();
    host.stderr.writeSync(text);
  };
  const lines = (text: string, start = "culvert: ") => messageLines(text, start, format());
  const writeLines = (of: readonly string[]) => write(`${of.join("\n")}\n`);
  return {
    level,
    get secrets() {
      return host.secrets();
    },
    progress: (message) => {
      if (level >= 0) writeLines(lines(message));
    },
    warn: ({ message }) => {
      if (level < -1) return;
      const [first = "", ...rest] = lines(message, `culvert: ${WARNING} `);
      writeLines([first.replace(WARNING, style.warning), ...rest]);
    },
    note: (message, at = "info") => {
      if (level < (at === "debug" ? 2 : 1)) return;
      const [first = "", ...rest] = lines(message);
      writeLines([`culvert: ${style.faint(first.slice("culvert: ".length))}`, ...rest.map(style.faint)]);
    },
    requested: (message) => writeLines(lines(message)),
    fail: (error) => write(formatError(error, format())),
    wait: (label) => {
      progressLine = startProgressLine(host, label, level >= 0);
      return progressLine;
    },
  };
}
