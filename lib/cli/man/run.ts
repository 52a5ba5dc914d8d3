/**
 * Implements `culvert man`.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { didYouMean } from "../../text/edit_distance.ts";
import { VERSION } from "../../version.ts";
import type { CliContext } from "../command/context.ts";
import { commandManual, similarCommands } from "../reference/command_manual.ts";
import { manualPage } from "../reference/roff.ts";
import { environment } from "../reference/topics/environment.ts";
import { exitRows } from "../reference/topics/exit_codes.ts";

/** Runs the command. */
export async function run(context: CliContext, _flags: object, ...words: string[]): Promise<void> {
  const manual = await commandManual(context.program, words);
  if (manual === undefined) {
    const meant = didYouMean(await similarCommands(context.program, words));
    throw new CulvertError("usage", `There is no command ${JSON.stringify(words.join(" "))}${meant}`, {
      hint: "See: culvert --help",
    });
  }
  const variables = environment.flatMap(({ rows = [] }) => rows);
  // The page of the program has the tables that apply to every command.
  const shared = words.length === 0
    ? [{ heading: "Exit status", rows: exitRows }, { heading: "Environment", rows: variables }]
    : [{ heading: "Exit status", text: "The same for every command: see culvert(1)." }];
  await context.host.stdout.write(manualPage(manual, { version: VERSION, shared }));
}
