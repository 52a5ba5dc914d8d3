/**
 * Prints help for `-h` and `--help`, as an integration of the parser.
 *
 * @module
 */
import type { StricliIntegration } from "@stricli/core";
import type { CliContext } from "../command/context.ts";
import { HELP_FLAG, VERSION_FLAG } from "../command/program_flags.ts";

/** Prints the help of the command before the flag. A group without a command also prints its help. */
export const helpFlag: StricliIntegration<CliContext> = {
  flag: {
    brief: HELP_FLAG.brief,
    aliases: HELP_FLAG.aliases,
    global: true,
    defaultForRouteMap: true,
    complete: true,
    async run(app, { result: { target, prefix } }) {
      const [{ manualOf }, { helpText }, { topicRows }] = await Promise.all([
        import("../reference/manual.ts"),
        import("../reference/help_text.ts"),
        import("../reference/topic.ts"),
      ]);
      const isRoot = target === app.root;
      const manual = manualOf(target, prefix, isRoot ? [HELP_FLAG, VERSION_FLAG] : [HELP_FLAG]);
      this.process.stdout.write(helpText(manual, isRoot ? topicRows() : []));
    },
  },
};
