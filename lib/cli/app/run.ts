/**
 * From argv to an exit status.
 *
 * @module
 */
import { CulvertError, EXIT } from "../../errors.ts";
import { VERSION } from "../../version.ts";
import type { Host } from "../command/host.ts";

/** Loads the parser and the words of every command. */
export type CommandLineLoader = () => Promise<{ readonly runCommandLine: (host: Host) => Promise<number> }>;

/**
 * Runs one command line.
 *
 * `--version` alone is answered here: loading the parser and the words of every command costs a third of an
 * empty program's start, and scripts ask for the version often.
 *
 * @param host the process
 * @param load for everything else
 * @returns the exit status; nothing is thrown but a fault of the program itself
 */
export async function run(host: Host, load: CommandLineLoader): Promise<number> {
  try {
    if (host.args.length === 1 && host.args[0] === "--version") {
      host.stdout.writeSync(`${VERSION}\n`);
      return EXIT.done;
    }
    const { runCommandLine } = await load();
    return await runCommandLine(host);
  } catch (error) {
    if (error instanceof CulvertError && error.code === "reader_gone") return EXIT.readerGone;
    throw error;
  }
}
