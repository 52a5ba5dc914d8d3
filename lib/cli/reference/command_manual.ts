/**
 * The manuals of the real program.
 *
 * @module
 */
import { commandsFor } from "../app/app.ts";
import { HELP_FLAG, VERSION_FLAG } from "../app/help_flag.ts";
import { allManuals, type Manual, manualOf, targetAt } from "./manual.ts";

const NAME = "culvert";

/** The manual of the command that the words name; none: of the program; undefined where there is no such. */
export async function commandManual(words: readonly string[]): Promise<Manual | undefined> {
  const target = targetAt(await commandsFor(), words);
  if (target === undefined) return undefined;
  return manualOf(target, [NAME, ...words], words.length === 0 ? [HELP_FLAG, VERSION_FLAG] : [HELP_FLAG]);
}

/** Every manual there is, the program's own first. */
export async function everyManual(): Promise<Manual[]> {
  return allManuals(await commandsFor(), [NAME], [HELP_FLAG], [VERSION_FLAG]);
}
