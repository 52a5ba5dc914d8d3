/**
 * The error for a conversation whose file cannot be opened.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { listConversations } from "./conversation_folder.ts";

/** Returns the error, with the names that exist. */
export async function unknownConversation(
  name: string,
  folder: string,
  cause: unknown,
): Promise<CulvertError> {
  if (!(cause instanceof Deno.errors.NotFound)) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new CulvertError("input_unreadable", `Cannot use the conversation "${name}": ${reason}`, {
      hint: "Check the owner and the permissions of its file.",
      cause,
    });
  }
  const names = (await listConversations(folder)).map((entry) => entry.name);
  return new CulvertError("usage", `There is no conversation "${name}"`, {
    hint: names.length === 0
      ? "None is stored. Start one with: culvert respond --conversation NAME"
      : `Existing conversations: ${names.slice(0, 10).join(", ")}${names.length > 10 ? ", …" : ""}.`,
    cause,
  });
}
