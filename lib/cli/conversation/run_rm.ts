/**
 * Implements `culvert conversation rm`.
 *
 * @module
 */
import type { CliContext } from "../command/context.ts";
import { createReporter, type OutputFlags } from "../output/reporter.ts";
import { conversationFolder, conversationPath } from "./conversation_folder.ts";
import { unknownConversation } from "./unknown_conversation.ts";

/** Runs the command. It stops at the first name that cannot be deleted. */
export async function run({ host }: CliContext, flags: OutputFlags, ...names: string[]): Promise<void> {
  const reporter = createReporter(host, flags);
  const folder = conversationFolder(host.world);
  const paths = names.map((name) => conversationPath(folder, name));
  for (const [index, path] of paths.entries()) {
    const name = names[index] ?? "";
    try {
      await Deno.remove(path);
    } catch (error) {
      throw await unknownConversation(name, folder, error);
    }
    reporter.progress(`deleted the conversation "${name}"`);
  }
}
