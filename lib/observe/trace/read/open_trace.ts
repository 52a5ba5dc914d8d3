/**
 * Opens a trace by its path, its id, or as the latest one.
 *
 * @module
 */
import { join } from "node:path";
import { CulvertError } from "../../../errors.ts";
import { plural } from "../../../text/plural.ts";
import { absolutePath } from "../../../world/absolute_path.ts";
import { MANIFEST } from "../format/layout.ts";
import { type Bundle, openBundle, unreadable } from "./bundle.ts";
import { findBundles } from "./find_bundles.ts";

/**
 * Opens a trace.
 *
 * @param root absolute path of the folder of traces
 * @param name path of its folder, the beginning of its id or of its name, or `latest`
 * @throws CulvertError `input_unreadable` if there is none; `usage` if the beginning matches several
 */
export async function openTrace(name: string, root: string, cwd: string): Promise<Bundle> {
  if (name === "latest") return await latest(root);
  const path = absolutePath(name, cwd);
  if (await exists(join(path, MANIFEST)) || /[/\\]/.test(name)) return await openNamed(path);
  const bundles = await exists(root) ? await findBundles(root) : [];
  const found = bundles.flatMap((each) =>
    "bundle" in each && hasName(each.bundle, name) ? [each.bundle] : []
  );
  const [first, second] = found;
  if (first === undefined) {
    if (await exists(path)) return await openNamed(path);
    throw unreadable(name, `there is no such folder, and no such trace in ${root}`);
  }
  if (second === undefined) return first;
  throw new CulvertError("usage", `${name} is the beginning of ${found.length} traces in ${root}`, {
    hint: `Use more characters of the id: ${
      found.slice(0, 4).map(({ manifest }) => manifest.trace_id).join(", ")
    }`,
    details: { path: root },
  });
}

/** Opens a folder as a trace. The error explains what to do with a folder of traces. */
async function openNamed(path: string): Promise<Bundle> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (info?.isDirectory === true && !await exists(join(path, MANIFEST))) {
    const within = await findBundles(path);
    if (within.length > 0) {
      throw unreadable(
        path,
        `it contains ${plural(within.length, "trace")} but is not a trace`,
        `Name one of them, or use --root ${path} latest.`,
      );
    }
  }
  return await openBundle(path);
}

async function latest(root: string): Promise<Bundle> {
  const bundles = await findBundles(root);
  const readable = bundles.find((each) => "bundle" in each);
  if (readable !== undefined) return readable.bundle;
  const [first] = bundles;
  if (first !== undefined && "error" in first) throw first.error;
  throw unreadable(
    root,
    "there is no trace in this folder",
    "Set CODEX_ROLLOUT_TRACE_ROOT, or use --root FOLDER.",
  );
}

function hasName({ name, manifest }: Bundle, wanted: string): boolean {
  return [name, manifest.trace_id, manifest.rollout_id].some((id) => id.startsWith(wanted));
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    // It cannot be opened; the code that opens it reports the reason.
    return false;
  }
}
