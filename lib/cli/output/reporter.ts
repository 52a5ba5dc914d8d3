/**
 * What a command says beside its data: notes, warnings and progress, on stderr, as much as was asked for.
 *
 * @module
 */
import { secretsAround } from "../../redaction/environment_secrets.ts";
import { createRedactor, type Redactor } from "../../redaction/redactor.ts";
import type { Warning } from "../../warning.ts";
import type { Host } from "../command/host.ts";
import { formatError, type Reportable, withoutControls } from "./render_error.ts";
import type { OutputFlags } from "../command/shared_flags.ts";
import { createStyle, wantsColor } from "./style.ts";
import { startWaiting, type WaitingLine } from "./progress_line.ts";

/** Says things on stderr. */
export interface Reporter {
  /** How much to say: 2 everything, 1 details, 0 normal, -1 no progress, -2 errors only. */
  readonly level: number;
  /** A step that was taken; silenced by `-q`. */
  readonly progress: (message: string) => void;
  /** Something to know; silenced by `-qq`. */
  readonly warn: (warning: Warning) => void;
  /** Said with `-v`, or with `-vv` for `debug`. */
  readonly note: (message: string, level?: "info" | "debug") => void;
  /** A failure; nothing silences it. */
  readonly fail: (error: Reportable) => void;
  /** Shows on a terminal what is being waited for, until it is stopped; silenced by `-q`. */
  readonly wait: (label: string) => WaitingLine;
}

/** Makes the reporter that the flags ask for. */
export function createReporter(host: Host, flags: OutputFlags): Reporter {
  const level = (flags.verbose ?? 0) - (flags.quiet ?? 0);
  const style = createStyle(wantsColor(flags.color, host.stderr, host.world.env));
  let waiting: WaitingLine | undefined;
  let redact: Redactor | undefined;
  const write = (text: string) => {
    waiting?.erase();
    redact ??= createRedactor(secretsAround(host.world.env), "user");
    host.stderr.writeSync(redact(text));
  };
  const say = (line: string) => write(`culvert: ${line}\n`);
  return {
    level,
    progress: (message) => {
      if (level >= 0) say(withoutControls(message));
    },
    warn: ({ message }) => {
      if (level >= -1) say(`${style.warning("warning:")} ${withoutControls(message)}`);
    },
    note: (message, at = "info") => {
      if (level >= (at === "debug" ? 2 : 1)) say(style.faint(withoutControls(message)));
    },
    fail: (error) => write(formatError(error, style)),
    wait: (label) => {
      waiting = startWaiting(host, label, level >= 0);
      return waiting;
    },
  };
}
