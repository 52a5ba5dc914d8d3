/**
 * Defines `culvert __complete`, which the completion scripts call at each press of the Tab key.
 *
 * @module
 */
import { defineCommand } from "../command/command.ts";
import { parseShell, type Shell } from "./command.ts";

/** `culvert __complete --shell SHELL -- WORDS…`. Not shown in help. */
export const completeCommand = defineCommand<{ readonly shell: Shell }, string[]>({
  flags: {
    shell: {
      kind: "parsed",
      parse: parseShell,
      placeholder: "SHELL",
      brief: "The shell to format the proposals for",
    },
  },
  positional: {
    kind: "array",
    parameter: {
      parse: String,
      placeholder: "WORD",
      brief: "The words that were typed; the last may be incomplete",
    },
  },
  docs: {
    brief: "Propose completions of a command line",
    examples: ["culvert __complete --shell bash -- resp"],
    seeAlso: ["culvert completion"],
  },
  load: () => import("./run_complete.ts"),
});
