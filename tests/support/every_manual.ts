import { PROGRAM } from "../../lib/cli/app/app.ts";
import { HELP_FLAG, VERSION_FLAG } from "../../lib/cli/command/program_flags.ts";
import { allManuals, type Manual } from "../../lib/cli/reference/manual.ts";

/** Builds the manuals of the program and of every command, the program's first. */
export async function everyManual(): Promise<Manual[]> {
  return allManuals(await PROGRAM.commands(), ["culvert"], [HELP_FLAG], [VERSION_FLAG]);
}
