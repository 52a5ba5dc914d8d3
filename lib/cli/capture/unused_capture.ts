/**
 * Removes a capture whose program was never started.
 *
 * @module
 */
import { join } from "node:path";
import { fileProblem } from "../../files/read_file.ts";
import type { Warning } from "../../warning.ts";
import { BODIES_FOLDER, META_FILE, RECORDS_FILE } from "../../capture/record/format.ts";

/**
 * Removes the files that a capture begins with, so that the corrected command can use the same directory. Other files
 * are kept, and with them the directory.
 *
 * @param directory of the capture, whose recording has ended
 * @param warn told of each file that cannot be removed
 * @param made `isNew`: whether this run made the directory; `files`: paths of the files that its mode made
 */
export async function removeUnusedCapture(
  directory: string,
  { isNew, files }: { readonly isNew: boolean; readonly files: readonly string[] },
  warn: (warning: Warning) => void,
): Promise<void> {
  const own = [RECORDS_FILE, META_FILE, BODIES_FOLDER].map((name) => join(directory, name));
  for (const path of [...own, ...files, ...(isNew ? [directory] : [])]) {
    try {
      await Deno.remove(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || isNotEmpty(error)) continue;
      warn({
        code: "capture_left",
        message: `Cannot remove ${path} of the unused capture: ${fileProblem(error)}`,
      });
    }
  }
}

/** Whether a directory was not removed because it contains files that are not of the capture. */
function isNotEmpty(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOTEMPTY";
}
