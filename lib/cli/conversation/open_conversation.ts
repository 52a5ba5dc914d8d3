/**
 * Opens the conversation of `--conversation` or `--continue`.
 *
 * @module
 */
import { plural } from "../../text/plural.ts";
import { CulvertError } from "../../errors.ts";
import { fileProblem } from "../../files/read_file.ts";
import type { World } from "../../world/world.ts";
import type { Reporter } from "../output/reporter.ts";
import { type Conversation, openConversationFile } from "./conversation_file.ts";
import { conversationFolder, conversationPath, listConversations } from "./conversation_folder.ts";

/** Options of {@link openConversation}. */
export interface OpenOptions {
  /** The value of `--conversation`; `undefined` for `--continue`: the latest one, or a new one. */
  readonly name: string | undefined;
  readonly world: World;
  readonly reporter: Reporter;
}

/**
 * Opens or creates a conversation, and reports its name.
 *
 * @throws CulvertError `usage`, `config`, `input_unreadable`, `output_unwritable`
 */
export async function openConversation({ name, world, reporter }: OpenOptions): Promise<Conversation> {
  const folder = conversationFolder(world);
  const chosen = name ?? (await listConversations(folder))[0]?.name ?? nameFromTime(world.now());
  const path = conversationPath(folder, chosen);
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const reason = fileProblem(cause);
    throw new CulvertError("output_unwritable", `Cannot create the folder ${folder}: ${reason}`, {
      hint: "Set XDG_STATE_HOME to a writable folder.",
      details: { path: folder },
      cause,
    });
  }
  const conversation = await openConversationFile(chosen, path, world);
  if (conversation.isTorn) {
    reporter.warn({
      code: "conversation_torn",
      message: `The last turn in ${path} is incomplete and is ignored`,
    });
  }
  // The conversation of -c is not visible on the command line.
  const report = name === undefined ? reporter.progress : reporter.note;
  const { length } = conversation.turns;
  report(
    length === 0
      ? `began the conversation "${chosen}"`
      : `continuing the conversation "${chosen}" (${plural(length, "turn")})`,
  );
  return conversation;
}

/** Returns a name such as `2026-11-26-163005`, in UTC. */
function nameFromTime(now: number): string {
  return new Date(now).toISOString().slice(0, 19).replace("T", "-").replaceAll(":", "");
}
