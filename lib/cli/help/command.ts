/**
 * Defines `culvert help`.
 *
 * @module
 */
import { defineCommand } from "../command/command.ts";
import { TOPICS } from "../reference/topic.ts";

const names = Object.keys(TOPICS);

/** `culvert help`. */
export const helpCommand = defineCommand<Record<never, never>, string[]>({
  flags: {},
  positional: {
    kind: "array",
    parameter: {
      parse: String,
      placeholder: "TOPIC",
      brief: "A topic or a command; without one, all are listed",
      proposeCompletions: () => names,
    },
  },
  docs: {
    brief: "Print a help topic or the help of a command",
    description: [
      "Prints a help topic:",
      "",
      ...Object.entries(TOPICS).map(([name, { brief }]) => `  ${name.padEnd(12)}  ${brief}`),
    ].join("\n"),
    examples: ["culvert help exit-codes", "culvert help proxies"],
    seeAlso: ["culvert --help", "culvert man"],
  },
  load: () => import("./run.ts"),
});
