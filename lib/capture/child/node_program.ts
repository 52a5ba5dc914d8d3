/**
 * Programs of Node and similar runtimes.
 *
 * @module
 */
import { programName } from "./codex_program.ts";

const RUNTIMES: ReadonlySet<string> = new Set(["node", "npx", "tsx", "ts-node", "bun", "bunx", "pnpx"]);

/** Whether a command line starts a JavaScript program with Node, Bun or one of their launchers. */
export function isNodeProgram([program = ""]: readonly string[]): boolean {
  return RUNTIMES.has(programName(program));
}
