/**
 * Defines `culvert man`.
 *
 * @module
 */
import { defineCommand } from "../command/command.ts";

/** `culvert man`. */
export const manCommand = defineCommand<Record<never, never>, string[]>({
  flags: {},
  positional: {
    kind: "array",
    parameter: {
      parse: String,
      placeholder: "COMMAND",
      brief: "The command; without one, the page of culvert itself",
    },
  },
  docs: {
    brief: "Print a manual page",
    description: [
      "Prints a manual page in roff format. To read it:",
      "",
      "  culvert man respond | man -l -",
    ].join("\n"),
    examples: ["culvert man > culvert.1", "culvert man respond > culvert-respond.1"],
    seeAlso: ["culvert help", "culvert completion"],
  },
  load: () => import("./run.ts"),
});
