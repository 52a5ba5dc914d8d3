/**
 * Finds the folder of the stored conversations and the files in it.
 *
 * @module
 */
import { join } from "node:path";
import { CulvertError } from "../../errors.ts";
import { fileProblem } from "../../files/read_file.ts";
import { stateFolder } from "../../files/state_folder.ts";
import type { World } from "../../world/world.ts";

const EXTENSION = ".jsonl";

/** A stored conversation, with its facts from the file system. */
export interface ConversationEntry {
  readonly name: string;
  readonly path: string;
  /** Time of the latest change, ms since 1970. */
  readonly modified: number;
}

/**
 * Returns the folder, `conversations` in the state folder.
 *
 * @throws CulvertError `config` if the home directory is not known
 */
export function conversationFolder(world: Pick<World, "env" | "home">): string {
  const folder = stateFolder(world);
  if (folder !== undefined) return join(folder, "conversations");
  throw new CulvertError("config", "Cannot find the folder of conversations: HOME is not set", {
    hint: "Set HOME or XDG_STATE_HOME.",
  });
}

/**
 * Returns the path of a conversation.
 *
 * @throws CulvertError `usage` for a name that is not letters, digits, `.`, `_` and `-`, or begins with `.` or `-`
 */
export function conversationPath(folder: string, name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(name)) return join(folder, `${name}${EXTENSION}`);
  throw new CulvertError("usage", `${JSON.stringify(name)} cannot be the name of a conversation`, {
    hint: "Use up to 64 letters, digits, dots, underscores and hyphens; begin with a letter, a digit or _.",
  });
}

/**
 * Lists the stored conversations, the latest first.
 *
 * @throws CulvertError `input_unreadable` if the folder exists and cannot be read
 */
export async function listConversations(folder: string): Promise<readonly ConversationEntry[]> {
  const entries: ConversationEntry[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile || !name.endsWith(EXTENSION)) continue;
      const path = join(folder, name);
      const { mtime, size } = await Deno.stat(path);
      // The first turn is not complete, or its process was killed: there is nothing to continue.
      if (size === 0) continue;
      entries.push({ name: name.slice(0, -EXTENSION.length), path, modified: mtime?.getTime() ?? 0 });
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return entries;
    throw new CulvertError("input_unreadable", `Cannot read the folder ${folder}: ${fileProblem(error)}`, {
      hint: "Check its owner and permissions.",
      details: { path: folder },
      cause: error,
    });
  }
  return entries.sort((one, other) => other.modified - one.modified || (one.name < other.name ? -1 : 1));
}

/** Returns the names of the stored conversations, for completion; none if they cannot be listed. */
export async function conversationNames(world: World): Promise<readonly string[]> {
  try {
    return (await listConversations(conversationFolder(world))).map(({ name }) => name);
  } catch {
    // A folder that cannot be read is reported by the command that needs it, not while the user types.
    return [];
  }
}
