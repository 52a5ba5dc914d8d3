/**
 * Builds the manual of a command.
 *
 * @module
 */
import type { Program } from "../command/context.ts";
import { HELP_FLAG, VERSION_FLAG } from "../command/program_flags.ts";
import { type Manual, manualOf, targetAt } from "./manual.ts";

const NAME = "culvert";

/**
 * Builds the manual of a command.
 *
 * @param words the names that lead to the command; none for the program itself
 * @returns `undefined` if there is no such command
 */
export async function commandManual(program: Program, words: readonly string[]): Promise<Manual | undefined> {
  const target = targetAt(await program.commands(), words);
  if (target === undefined) return undefined;
  return manualOf(target, [NAME, ...words], words.length === 0 ? [HELP_FLAG, VERSION_FLAG] : [HELP_FLAG]);
}
