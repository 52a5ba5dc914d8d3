/**
 * Removes a capture whose program was never started.
 *
 * @module
 */
import { join } from "node:path";
import { BODIES_FOLDER, META_FILE, RECORDS_FILE } from "../../capture/record/format.ts";

/**
 * Removes the files that a capture begins with, so that the corrected command can use the same directory. Other files
 * are kept, and with them the directory.
 *
 * @param directory of the capture, whose recording has ended
 * @param made `isNew`: whether this run made the directory; `files`: paths of the files that its mode made
 */
export async function removeUnusedCapture(
  directory: string,
  { isNew, files }: { readonly isNew: boolean; readonly files: readonly string[] },
): Promise<void> {
  const own = [RECORDS_FILE, META_FILE, BODIES_FOLDER].map((name) => join(directory, name));
  for (const path of [...own, ...files, ...(isNew ? [directory] : [])]) {
    await Deno.remove(path).catch(() => {
      // It was not made, or it contains something else. The error of the program is the one to report.
    });
  }
}
