/**
 * `-h` and `--help`, as the parser's own extension point has them.
 *
 * @module
 */
import type { StricliIntegration } from "@stricli/core";
import type { CliContext } from "../command/context.ts";
import type { AddedFlag } from "../reference/manual.ts";

/** Of every command. */
export const HELP_FLAG = {
  name: "help",
  aliases: ["h"],
  brief: "Print this help",
} as const satisfies AddedFlag;

/** Of the program itself. */
export const VERSION_FLAG = {
  name: "version",
  aliases: ["v"],
  brief: "Print the version",
} as const satisfies AddedFlag;

/** Prints the help of whatever command stands before the flag. A group alone means its help. */
export const helpFlag: StricliIntegration<CliContext> = {
  flag: {
    brief: HELP_FLAG.brief,
    aliases: HELP_FLAG.aliases,
    global: true,
    defaultForRouteMap: true,
    complete: true,
    async run(app, { result: { target, prefix } }) {
      const [{ manualOf }, { helpText }] = await Promise.all([
        import("../reference/manual.ts"),
        import("../reference/help_text.ts"),
      ]);
      const added = target === app.root ? [HELP_FLAG, VERSION_FLAG] : [HELP_FLAG];
      this.process.stdout.write(helpText(manualOf(target, prefix, added)));
    },
  },
};
