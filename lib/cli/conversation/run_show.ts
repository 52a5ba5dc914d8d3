/**
 * Implements `culvert conversation show`.
 *
 * @module
 */
import { plural } from "../../text/plural.ts";
import type { CliContext } from "../command/context.ts";
import { createReporter } from "../output/reporter.ts";
import type { ConversationFlags } from "./command.ts";
import { conversationFolder, conversationPath } from "./conversation_folder.ts";
import { readTurns, turnLine } from "./conversation_record.ts";
import { renderItem } from "./conversation_text.ts";
import { unknownConversation } from "./unknown_conversation.ts";

/** Runs the command. */
export async function run({ host }: CliContext, flags: ConversationFlags, name: string): Promise<void> {
  const folder = conversationFolder(host.world);
  const path = conversationPath(folder, name);
  const bytes = await Deno.readFile(path).catch(async (error: unknown) => {
    throw await unknownConversation(name, folder, error);
  });
  const { turns } = readTurns(bytes, path);
  if (flags.json === true) {
    await host.stdout.write(turns.map(turnLine).join(""));
    return;
  }
  createReporter(host, flags).note(`${path}: ${plural(turns.length, "turn")}`);
  const blocks = turns.flatMap(({ items }) => items.map(renderItem)).filter((block) => block !== undefined);
  await host.stdout.write(blocks.length === 0 ? "" : `${blocks.join("\n\n")}\n`);
}
