/**
 * What a running command is given: the host, and where to leave its exit status.
 *
 * @module
 */
import type { CommandContext, StricliProcess } from "@stricli/core";
import type { ExitStatus } from "../../errors.ts";
import type { Host } from "./host.ts";

/** The context of every command. */
export interface CliContext extends CommandContext {
  /** For the parser's own output alone. */
  readonly process: StricliProcess;
  readonly host: Host;
  /** What the parser has said on stderr. */
  readonly said: () => string;
  /** Set by the command; 0 unless it says otherwise. */
  status: ExitStatus;
}

/** Builds the context of one run. */
export function cliContext(host: Host): CliContext {
  let said = "";
  return {
    process: {
      stdout: { write: (text) => host.stdout.writeSync(text) },
      stderr: {
        write: (text) => {
          said += text;
          host.stderr.writeSync(text);
        },
      },
      env: {},
    },
    said: () => said,
    host,
    status: 0,
  };
}
