/**
 * `-o FILE`: a file that is written whole or not at all.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { CulvertError } from "../../errors.ts";

/**
 * Writes a file through a temporary one beside it, so that whoever reads the name sees the old file or the new
 * one and never half of it.
 *
 * @param path as typed
 * @param text what to write
 * @throws CulvertError `output_unwritable`
 */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.part`);
  try {
    const file = await Deno.open(temporary, { write: true, createNew: true });
    try {
      const bytes = new TextEncoder().encode(text);
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await file.write(rest));
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {
      // Nothing to remove: it was never made, or its directory is gone.
    });
    throw unwritable(path, error);
  }
}

/**
 * Finds out before anything is sent whether a file can be written where `path` says.
 *
 * @throws CulvertError `output_unwritable`
 */
export async function checkWritable(path: string): Promise<void> {
  try {
    const there = await Deno.stat(path).catch((error: unknown) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    if (there?.isDirectory === true) throw new Error("it is a directory");
    const probe = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.probe`);
    await Deno.writeTextFile(probe, "", { createNew: true });
    await Deno.remove(probe);
  } catch (error) {
    throw unwritable(path, error);
  }
}

function unwritable(path: string, error: unknown): CulvertError {
  const reason = error instanceof Error ? error.message : String(error);
  return new CulvertError("output_unwritable", `Cannot write --output ${path}: ${reason}`, {
    hint: "Check that the directory exists and that you may write in it.",
    details: { flag: "--output", path },
    cause: error,
  });
}
