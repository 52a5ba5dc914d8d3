/**
 * Temporary directories.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";
import { fileProblem } from "./read_file.ts";

/**
 * Creates a directory that only this user can access, in the temporary directory of the system.
 *
 * @param prefix beginning of its name
 * @returns its absolute path
 * @throws CulvertError `output_unwritable`
 */
export async function makeTemporaryFolder(prefix: string): Promise<string> {
  try {
    return await Deno.makeTempDir({ prefix });
  } catch (cause) {
    throw new CulvertError(
      "output_unwritable",
      `Cannot create a temporary directory: ${fileProblem(cause)}`,
      {
        hint: "Set TMPDIR (on Windows TMP) to an existing, writable directory.",
        cause,
      },
    );
  }
}
