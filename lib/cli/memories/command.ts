/**
 * Defines `culvert memories`.
 *
 * @module
 */
import { API_FLAGS, type ApiFlags, MODEL_FLAG } from "../command/api_flags.ts";
import { defineCommand } from "../command/command.ts";
import { OUTPUT_ALIASES, text } from "../command/shared_flags.ts";
import { textFlag } from "../command/flags/flag_kinds.ts";

/** The flags of `memories`. */
export type MemoriesFlags = ApiFlags & {
  readonly model?: string;
  readonly reasoning?: string;
};

/** `culvert memories`. */
export const memoriesCommand = defineCommand<MemoriesFlags, string[]>({
  flags: {
    ...MODEL_FLAG,
    reasoning: textFlag("EFFORT", "Reasoning effort, as for respond"),
    ...API_FLAGS,
  },
  aliases: { ...OUTPUT_ALIASES, H: "header", m: "model" },
  positional: {
    kind: "array",
    parameter: { parse: text, placeholder: "FILE", brief: "Recorded session: a JSON array, or JSON lines" },
  },
  docs: {
    brief: "Summarize recorded sessions into memories",
    description:
      "Sends the items of each file to the endpoint memories/trace_summarize and prints the summaries, one\n" +
      "paragraph per file. Without files no request is sent and nothing is printed.",
    examples: [
      "culvert memories --provider demo",
      `echo '[]' > s.json && culvert memories --provider demo s.json`,
    ],
    seeAlso: ["culvert compact", "culvert conversation"],
  },
  load: () => import("./run.ts"),
});
