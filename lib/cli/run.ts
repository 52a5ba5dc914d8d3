/**
 * From argv to an exit status.
 *
 * @module
 */
import { run as runApplication } from "@stricli/core";
import { CulvertError, EXIT } from "../errors.ts";
import { application } from "./app.ts";
import { cliContext } from "./context.ts";
import type { Host } from "./host.ts";

/**
 * Runs one command line.
 *
 * @param host the process
 * @returns the exit status; nothing is thrown but a fault of the program itself
 */
export async function run(host: Host): Promise<number> {
  const context = cliContext(host);
  try {
    await runApplication(application, host.args, context);
  } catch (error) {
    if (error instanceof CulvertError && error.code === "reader_gone") return EXIT.readerGone;
    throw error;
  }
  return parserStatus(context.process.exitCode) ?? context.status;
}

/** The parser's own exit codes are negative: words it did not understand, and faults of ours. */
function parserStatus(code: number | string | null | undefined): number | undefined {
  if (typeof code !== "number" || code === 0) return undefined;
  const misunderstood = code === -4 || code === -5;
  return misunderstood ? EXIT.usage : code < 0 ? EXIT.internal : code;
}
