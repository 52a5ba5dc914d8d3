/**
 * The words of `culvert help`.
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
      brief: "A topic, or a command; none lists them all",
      proposeCompletions: () => names,
    },
  },
  docs: {
    brief: "Explain a topic",
    description: [
      "Prints what there is to know about a topic:",
      "",
      ...Object.entries(TOPICS).map(([name, { brief }]) => `  ${name.padEnd(12)}  ${brief}`),
    ].join("\n"),
    examples: ["culvert help exit-codes", "culvert help proxies"],
    seeAlso: ["culvert --help", "culvert man"],
  },
  load: () => import("./run.ts"),
});
