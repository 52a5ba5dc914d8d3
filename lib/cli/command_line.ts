/**
 * The parser, and what its exit codes mean here.
 *
 * @module
 */
import { ExitCode, run as runApplication } from "@stricli/core";
import { EXIT } from "../errors.ts";
import { application } from "./app.ts";
import { cliContext } from "./context.ts";
import type { Host } from "./host.ts";

/**
 * Parses the words and runs the command that they name.
 *
 * @param host the process
 * @returns the exit status
 */
export async function runCommandLine(host: Host): Promise<number> {
  const context = cliContext(host);
  await runApplication(application, host.args, context);
  return parserStatus(context.process.exitCode) ?? context.status;
}

/** The parser's own exit codes are negative: words it did not understand, and faults of ours. */
function parserStatus(code: number | string | null | undefined): number | undefined {
  if (typeof code !== "number" || code === ExitCode.Success) return undefined;
  const misunderstood = code === ExitCode.InvalidArgument || code === ExitCode.UnknownCommand;
  return misunderstood ? EXIT.usage : code < 0 ? EXIT.internal : code;
}
