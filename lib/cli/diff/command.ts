/**
 * Defines `culvert diff`.
 *
 * @module
 */
import { defineCommand } from "../command/command.ts";
import { OUTPUT_ALIASES, OUTPUT_FLAGS, type OutputFlags, text } from "../command/shared_flags.ts";
import { pathFlag, switchFlag } from "../command/flags/flag_kinds.ts";

/** Flags of `diff`. */
export type DiffFlags = OutputFlags & {
  readonly json?: boolean;
  readonly html?: boolean;
  readonly output?: string;
};

/** `culvert diff`. */
export const diffCommand = defineCommand<DiffFlags, [string, string]>({
  flags: {
    json: switchFlag("Print one JSON object"),
    html: switchFlag("Print a page that shows the comparison, in one file"),
    output: pathFlag("FILE", "Write to a file instead of standard output; a new file has mode 0600"),
    ...OUTPUT_FLAGS,
  },
  aliases: { o: "output", ...OUTPUT_ALIASES },
  positional: {
    kind: "tuple",
    parameters: [
      { parse: text, placeholder: "A", brief: "Capture or HAR file; A#x3 is one model call of it" },
      { parse: text, placeholder: "B", brief: "Capture, HAR file or model call to compare with A" },
    ],
  },
  docs: {
    brief: "Compare the prompts of two captures, and show why the prompt cache was not used",
    description:
      "Compares model calls part by part, in the order of the prompt cache: tools, instructions, items. Shows how much of\n" +
      "the later prompt is equal to the earlier one, the first part that differs and the reason, and the parts that\n" +
      "were added, changed and removed. Two captures are compared call by call, in their order.",
    examples: [
      "culvert diff capture#x2 capture#x5",
      "culvert diff capture capture.har --json",
      "culvert diff capture#x2 capture#x5 --html -o diff.html",
    ],
    seeAlso: ["culvert view", "culvert capture", "culvert help capture"],
  },
  load: () => import("./run.ts"),
});
