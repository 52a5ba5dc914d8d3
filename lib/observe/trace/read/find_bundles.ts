/**
 * Finds the bundles of inference traces in a folder.
 *
 * @module
 */
import { join } from "node:path";
import { CulvertError } from "../../../errors.ts";
import { fileProblem } from "../../../files/read_file.ts";
import { MANIFEST } from "../format/layout.ts";
import { type Bundle, openBundle, unreadable } from "./bundle.ts";

/** A folder that contains a manifest. */
export type FoundBundle =
  | { readonly bundle: Bundle }
  /** The manifest cannot be used. */
  | { readonly path: string; readonly error: CulvertError };

/**
 * Finds the bundles in a folder, the latest first. Folders without a manifest are skipped; bundles that
 * cannot be read come last.
 *
 * @param root absolute path of the folder; the path of a bundle returns this bundle
 * @throws CulvertError `input_unreadable` if the folder cannot be read
 */
export async function findBundles(root: string): Promise<readonly FoundBundle[]> {
  const found: FoundBundle[] = [];
  for (const path of await bundlePaths(root)) {
    try {
      found.push({ bundle: await openBundle(path) });
    } catch (error) {
      if (!(error instanceof CulvertError)) throw error;
      found.push({ path, error });
    }
  }
  return found.toSorted((one, other) => startOf(other) - startOf(one));
}

function startOf(found: FoundBundle): number {
  return "bundle" in found ? found.bundle.manifest.started_at_unix_ms : -Infinity;
}

async function bundlePaths(root: string): Promise<readonly string[]> {
  if (await isFile(join(root, MANIFEST))) return [root];
  const paths: string[] = [];
  try {
    for await (const { name } of Deno.readDir(root)) {
      const path = join(root, name);
      if (await isFile(join(path, MANIFEST))) paths.push(path);
    }
  } catch (cause) {
    throw unreadable(
      root,
      fileProblem(cause),
      "Name a folder of traces, or set CODEX_ROLLOUT_TRACE_ROOT to it.",
      cause,
    );
  }
  return paths.toSorted();
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    // A file that cannot be examined is not a manifest.
    return false;
  }
}
