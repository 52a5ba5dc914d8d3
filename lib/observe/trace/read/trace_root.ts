/**
 * Finds the folder of traces, and a trace in it by its name.
 *
 * @module
 */
import { join } from "node:path";
import { CulvertError } from "../../../errors.ts";
import { stateFolder } from "../../../files/state_folder.ts";
import { absolutePath } from "../../../world/absolute_path.ts";
import type { World } from "../../../world/world.ts";
import { MANIFEST } from "../format/layout.ts";
import { type Bundle, openBundle, unreadable } from "./bundle.ts";
import { findBundles } from "./find_bundles.ts";

/** The variable by which the codex client is told where to write traces. */
export const ROOT_VARIABLE = "CODEX_ROLLOUT_TRACE_ROOT";

/** A place of traces. */
export interface TraceRoot {
  /** Absolute path. */
  readonly path: string;
  /** What named it, for messages. */
  readonly source: string;
}

/**
 * Returns the folder of traces: the one that was named, else that of `CODEX_ROLLOUT_TRACE_ROOT`, else `traces` in the
 * state folder.
 *
 * @throws CulvertError `config` where the home directory is not known
 */
export function traceRoot(named: string | undefined, world: Pick<World, "cwd" | "env" | "home">): TraceRoot {
  if (named !== undefined) return { path: absolutePath(named, world.cwd()), source: named };
  const variable = world.env(ROOT_VARIABLE)?.trim() ?? "";
  if (variable !== "") return { path: absolutePath(variable, world.cwd()), source: ROOT_VARIABLE };
  const state = stateFolder(world);
  if (state !== undefined) return { path: join(state, "traces"), source: "the state folder" };
  throw new CulvertError("config", "Cannot tell where traces are kept: HOME is not set", {
    hint: `Set ${ROOT_VARIABLE}, or name the folder.`,
  });
}

/**
 * Opens a trace.
 *
 * @param name path of its folder, the beginning of its id or of its name, or `latest`
 * @throws CulvertError `input_unreadable` where there is none; `usage` where the beginning fits several
 */
export async function openTrace(name: string, root: TraceRoot, cwd: string): Promise<Bundle> {
  if (name === "latest") return await latest(root);
  const path = absolutePath(name, cwd);
  if (await exists(join(path, MANIFEST)) || /[/\\]/.test(name)) return await openNamed(path);
  const bundles = await exists(root.path) ? await findBundles(root.path) : [];
  const found = bundles.flatMap((each) =>
    "bundle" in each && hasName(each.bundle, name) ? [each.bundle] : []
  );
  const [first, second] = found;
  if (first === undefined) {
    if (await exists(path)) return await openNamed(path);
    throw unreadable(name, `there is no such folder, and no such trace in ${root.path}`);
  }
  if (second === undefined) return first;
  throw new CulvertError("usage", `${name} is the beginning of ${found.length} traces in ${root.path}`, {
    hint: `Give more of the id: ${found.slice(0, 4).map(({ manifest }) => manifest.trace_id).join(", ")}`,
    details: { path: root.path },
  });
}

/** Opens a folder as a trace. The error says what to do with a folder of traces. */
async function openNamed(path: string): Promise<Bundle> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (info?.isDirectory === true && !await exists(join(path, MANIFEST))) {
    const within = await findBundles(path);
    if (within.length > 0) {
      throw unreadable(
        path,
        `it contains ${within.length} traces and is none itself`,
        `Name one of them, or use --root ${path} latest.`,
      );
    }
  }
  return await openBundle(path);
}

async function latest(root: TraceRoot): Promise<Bundle> {
  const bundles = await findBundles(root.path);
  const readable = bundles.find((each) => "bundle" in each);
  if (readable !== undefined) return readable.bundle;
  const [first] = bundles;
  if (first !== undefined && "error" in first) throw first.error;
  throw unreadable(
    root.path,
    "there is no trace in this folder",
    `Set ${ROOT_VARIABLE}, or use --root FOLDER.`,
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
    // Whatever the reason, it cannot be opened here; opening it reports the reason.
    return false;
  }
}
