/**
 * Defines `culvert compact`.
 *
 * @module
 */
import { API_FLAGS, type ApiFlags, MODEL_FLAG } from "../command/api_flags.ts";
import { defineCommand } from "../command/command.ts";
import { OUTPUT_ALIASES, text } from "../command/shared_flags.ts";
import { textFlag } from "../command/flags/flag_kinds.ts";

/** The flags of `compact`. */
export type CompactFlags = ApiFlags & {
  readonly model?: string;
  readonly conversation?: string;
  readonly instructions?: string;
  readonly method?: "endpoint" | "turn";
};

/** `culvert compact`. */
export const compactCommand = defineCommand<CompactFlags, [string?]>({
  flags: {
    ...MODEL_FLAG,
    conversation: {
      ...textFlag("NAME", "Conversation to compact, instead of a file; it is not changed"),
      proposeCompletions: async function () {
        return (await import("../conversation/conversation_folder.ts")).conversationNames(this.host.world);
      },
    },
    instructions: textFlag("TEXT", "Instructions of the conversation (system prompt)"),
    method: {
      kind: "enum",
      values: ["endpoint", "turn"],
      optional: true,
      brief: "Use the endpoint responses/compact (the default), or a turn",
    },
    ...API_FLAGS,
  },
  aliases: { ...OUTPUT_ALIASES, H: "header", m: "model" },
  positional: {
    kind: "tuple",
    parameters: [{
      parse: text,
      optional: true,
      placeholder: "FILE",
      brief: "File with a JSON array of items; - reads standard input",
    }],
  },
  docs: {
    brief: "Compact a conversation into fewer items",
    description:
      "Shortens a conversation: sends its items to the model and prints fewer items with the same meaning, as a JSON\n" +
      "array. A later request can send these items instead of the conversation. The stored conversation is not changed.\n\n" +
      "FILE contains the items in the format of the API, for example the input of a request.\n\n" +
      "With --method turn, the items are requested in the stream of a turn, as newer versions of the codex client do.\n" +
      "The default is the endpoint responses/compact.",
    examples: [
      `echo '[]' | culvert compact --provider demo -`,
      "culvert compact --provider demo --conversation plan --method turn --json",
    ],
    seeAlso: ["culvert respond", "culvert conversation"],
  },
  load: () => import("./run.ts"),
});
