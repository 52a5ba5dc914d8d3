/**
 * Opens what the user names: the directory of a capture, or a HAR file.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { fileProblem, readWithinLimits } from "../../files/read_file.ts";
import type { World } from "../../world/world.ts";
import { loadDirectory, type LoadedCapture } from "../record/read/exchanges.ts";

/**
 * Loads a capture.
 *
 * @param path a directory, a HAR file, or a pipe with the text of one
 * @throws CulvertError `input_unreadable`
 */
export async function loadCapture(path: string, { sleep }: Pick<World, "sleep">): Promise<LoadedCapture> {
  try {
    if ((await Deno.stat(path)).isDirectory) return await loadDirectory(path);
    const { captureOfHar } = await import("./har_import.ts");
    // It may be a pipe, such as `<(zcat traffic.har.gz)`; one that nobody writes to is reported.
    return captureOfHar(path, await readWithinLimits(path, () => Deno.readTextFile(path), { sleep }));
  } catch (error) {
    if (error instanceof CulvertError) throw error;
    const reason = error instanceof SyntaxError ? error.message : fileProblem(error);
    throw new CulvertError("input_unreadable", `Cannot read the capture ${path}: ${reason}`, {
      hint: "Name the directory that culvert capture wrote, or a HAR file.",
      details: { path },
      cause: error,
    });
  }
}
