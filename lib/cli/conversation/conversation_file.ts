/**
 * One stored conversation: a file of JSON lines to which lines are only appended.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { fileProblem } from "../../files/read_file.ts";
import { writeAll } from "../../files/write_all.ts";
import type { ResponseItem } from "../../responses/events/items.ts";
import type { World } from "../../world/world.ts";
import { type KeptTurn, readTurns, turnLine } from "./conversation_record.ts";

/** Largest file that is read, bytes. It contains the images of the conversation. */
const LARGEST = 256 * 1024 * 1024;

/** An open conversation, locked against other processes until it is disposed of. */
export interface Conversation extends AsyncDisposable {
  readonly name: string;
  readonly turns: readonly KeptTurn[];
  readonly latest: KeptTurn | undefined;
  /** Whether the file ended with an incomplete line. */
  readonly isTorn: boolean;
  /** Returns the items of all turns, for the input of the next one. */
  readonly history: () => readonly ResponseItem[];
  /** Adds a turn. @throws CulvertError `output_unwritable` */
  readonly append: (turn: Omit<KeptTurn, "at">) => Promise<void>;
}

/**
 * Opens a conversation and locks it.
 *
 * @param path of the file; it is created with mode 0600
 * @throws CulvertError `usage` if another process has it open, `input_unreadable`, `output_unwritable`
 */
export async function openConversationFile(
  name: string,
  path: string,
  world: Pick<World, "now">,
): Promise<Conversation> {
  const file = await openRegular(path);
  try {
    // The lock is held until the turn is appended: of two turns on the same history one would be lost.
    if (!await file.tryLock(true)) {
      throw new CulvertError("usage", `The conversation "${name}" is in use by another culvert process`, {
        hint: "Wait until it ends, or use another --conversation.",
        details: { path },
      });
    }
    const bytes = await readAll(file, path);
    const { turns: before, completeBytes } = readTurns(bytes, path);
    return conversation({
      name,
      path,
      file,
      world,
      turns: [...before],
      size: completeBytes,
      length: bytes.length,
    });
  } catch (error) {
    file.close();
    throw error;
  }
}

interface State {
  readonly name: string;
  readonly path: string;
  readonly file: Deno.FsFile;
  readonly world: Pick<World, "now">;
  readonly turns: KeptTurn[];
  /** Bytes of the complete lines. */
  size: number;
  /** Bytes of the file when it was opened. */
  readonly length: number;
}

function conversation(state: State): Conversation {
  const { name, path, file, world, turns } = state;
  return {
    name,
    turns,
    get latest() {
      return turns.at(-1);
    },
    isTorn: state.length > state.size,
    history: () => turns.flatMap(({ items }) => items),
    append: async (turn) => {
      const kept = { at: new Date(world.now()).toISOString(), ...turn };
      const bytes = new TextEncoder().encode(turnLine(kept));
      try {
        await file.truncate(state.size);
        await file.seek(state.size, Deno.SeekMode.Start);
        await writeAll(file, bytes);
        await file.sync();
      } catch (cause) {
        throw unwritable(path, cause);
      }
      state.size += bytes.length;
      turns.push(kept);
    },
    [Symbol.asyncDispose]: async () => {
      // Otherwise -c would continue an empty conversation whose first turn failed.
      if (state.size === 0 && state.length === 0) await Deno.remove(path).catch(() => {});
      file.close();
    },
  };
}

/** Refuses a symbolic link, a FIFO or a device in place of the file. */
async function openRegular(path: string): Promise<Deno.FsFile> {
  try {
    const info = await Deno.lstat(path).catch((error: unknown) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    if (info !== undefined && !info.isFile) throw new Error("it is not a regular file");
    return await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

async function readAll(file: Deno.FsFile, path: string): Promise<Uint8Array> {
  const { size } = await file.stat();
  if (size > LARGEST) {
    throw new CulvertError("input_unreadable", `Cannot use the conversation ${path}: it has ${size} bytes`, {
      hint: `A conversation may have up to ${LARGEST} bytes. Start another one.`,
      details: { path },
    });
  }
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const count = await file.read(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

function unwritable(path: string, cause: unknown): CulvertError {
  return new CulvertError(
    "output_unwritable",
    `Cannot write the conversation ${path}: ${fileProblem(cause)}`,
    {
      hint: "Check the owner and the permissions of the file and its folder.",
      details: { path },
      cause,
    },
  );
}
