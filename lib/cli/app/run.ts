/**
 * Runs the command line of one process.
 *
 * @module
 */
import { CulvertError, EXIT } from "../../errors.ts";
import { VERSION } from "../../version.ts";
import type { Host } from "../command/host.ts";

/**
 * Parses the arguments of a process and runs the command that they name.
 *
 * @param host the process
 * @returns the exit status
 * @throws only what is a fault in culvert itself
 */
export async function run(host: Host): Promise<number> {
  try {
    if (host.args.length === 1 && host.args[0] === "--version") {
      host.stdout.writeSync(`${VERSION}\n`);
      return EXIT.done;
    }
    // The parser is loaded on demand: scripts call --version often, and it needs no parser.
    const { runCommandLine } = await import("./command_line.ts");
    return await runCommandLine(host);
  } catch (error) {
    if (error instanceof CulvertError && error.code === "reader_gone") return EXIT.readerGone;
    throw error;
  }
}
