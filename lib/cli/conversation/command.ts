/**
 * Defines `culvert conversation`.
 *
 * @module
 */
import { type CommandDocs, defineCommand, defineGroup } from "../command/command.ts";
import type { CliContext } from "../command/context.ts";
import { switchFlag } from "../command/flags/flag_kinds.ts";
import { OUTPUT_ALIASES, OUTPUT_FLAGS, type OutputFlags, text } from "../command/shared_flags.ts";

/** The flags of every command of the group. */
export type ConversationFlags = OutputFlags & { readonly json?: boolean };

async function proposeNames(this: CliContext): Promise<readonly string[]> {
  return (await import("./conversation_folder.ts")).conversationNames(this.host.world);
}

const NAME = {
  parse: text,
  placeholder: "NAME",
  brief: "Name of the conversation",
  proposeCompletions: proposeNames,
};

const ls = defineCommand<ConversationFlags, []>({
  flags: { json: switchFlag("Print one JSON object per conversation"), ...OUTPUT_FLAGS },
  aliases: OUTPUT_ALIASES,
  positional: { kind: "tuple", parameters: [] },
  docs: {
    brief: "List the stored conversations, the latest first",
    examples: ["culvert conversation ls"],
    seeAlso: ["culvert conversation show", "culvert respond"],
  },
  load: () => import("./run_ls.ts"),
});

const show = defineCommand<ConversationFlags, [string]>({
  flags: { json: switchFlag("Print the file: one JSON object per turn"), ...OUTPUT_FLAGS },
  aliases: OUTPUT_ALIASES,
  positional: { kind: "tuple", parameters: [NAME] },
  docs: {
    brief: "Print a conversation",
    examples: ["culvert conversation show plan"],
    seeAlso: ["culvert conversation ls"],
  },
  load: () => import("./run_show.ts"),
});

const rm = defineCommand<OutputFlags, string[]>({
  flags: OUTPUT_FLAGS,
  aliases: OUTPUT_ALIASES,
  positional: { kind: "array", parameter: NAME, minimum: 1 },
  docs: {
    brief: "Delete conversations",
    examples: ["culvert conversation rm plan"],
    seeAlso: ["culvert conversation ls"],
  },
  load: () => import("./run_rm.ts"),
});

const docs: CommandDocs = {
  brief: "List, show and delete stored conversations",
  description: [
    "culvert respond --conversation NAME stores the prompts and the answers of a conversation, tool calls included, and sends them again with the next prompt. culvert respond -c continues the latest one. Without these flags no conversation is stored.",
    "",
    "Each conversation is a file of mode 0600 in $XDG_STATE_HOME/culvert/conversations, by default ~/.local/state/culvert/conversations (macOS: ~/Library/Application Support, Windows: %LOCALAPPDATA%).",
  ].join("\n"),
  examples: ["culvert conversation ls", "culvert conversation show plan"],
  seeAlso: ["culvert respond"],
};

/** `culvert conversation`. */
export const conversationCommands = defineGroup({ ls, show, rm }, docs);
