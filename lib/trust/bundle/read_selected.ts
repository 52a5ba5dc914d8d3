/**
 * Reads the bundle that a flag, a variable or an argument names.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { fileProblem } from "../../files/read_file.ts";
import type { World } from "../../world/world.ts";
import type { Bundle } from "./bundle.ts";
import { bundleUnreadable } from "./bundle_error.ts";
import { isFolder, readBundleFolder } from "./bundle_folder.ts";
import { readBundleFile, type ReadFile } from "./bundle_file.ts";
import { readBundle, type RootCheck } from "./bundle_reader.ts";
import { pathHint } from "./path_hint.ts";
import type { Selection } from "./selection.ts";

/**
 * Reads a selected bundle: a file, or the files of a folder.
 *
 * @param selection source and the path as typed
 * @param world provides the clock
 * @param readFile default: the file system, with limits
 * @param checkRoot the check of the runtime, see {@link readBundle}
 * @throws CulvertError `ca_unreadable` or `ca_invalid`
 */
export async function readSelected(
  selection: Selection,
  world: World,
  readFile: ReadFile = (path) => readBundleFile(path, world.sleep),
  checkRoot?: RootCheck,
): Promise<Bundle> {
  const { source, value } = selection;
  const options = { now: world.now(), checkRoot };
  // Other programs read the variable too, and they do not accept a folder.
  if (source.kind !== "variable" && await isFolder(source.path)) {
    return await readBundleFolder(source, readFile, options);
  }
  let bytes: Uint8Array;
  try {
    bytes = await readFile(source.path);
  } catch (thrown) {
    if (thrown instanceof CulvertError) throw thrown;
    const hint = thrown instanceof Deno.errors.IsADirectory
      ? "Only --ca-cert accepts a folder."
      : pathHint(value);
    throw bundleUnreadable(source, fileProblem(thrown), hint, thrown);
  }
  return readBundle(bytes, source, options);
}
