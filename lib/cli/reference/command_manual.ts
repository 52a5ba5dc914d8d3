/**
 * Builds the manual of a command.
 *
 * @module
 */
import { similarNames } from "../../text/edit_distance.ts";
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

/**
 * Returns the commands that may be meant by words that name none: `["auth", "statsu"]` gives `["auth status"]`.
 *
 * @param words the names that lead to the command, as typed
 */
export async function similarCommands(
  program: Program,
  words: readonly string[],
): Promise<readonly string[]> {
  const root = await program.commands();
  const unknown = words.findIndex((_, index) => targetAt(root, words.slice(0, index + 1)) === undefined);
  const before = words.slice(0, Math.max(unknown, 0));
  const { commands } = manualOf(targetAt(root, before) ?? root, [], []);
  const names = similarNames(words[unknown] ?? "", commands.map(({ name }) => name));
  return names.map((name) => [...before, name].join(" "));
}
