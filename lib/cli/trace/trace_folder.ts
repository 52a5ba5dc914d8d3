/**
 * Finds the folder of inference traces.
 *
 * @module
 */
import { join } from "node:path";
import { loadSettings } from "../../config/load_settings.ts";
import { CulvertError } from "../../errors.ts";
import { stateFolder } from "../../files/state_folder.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { World } from "../../world/world.ts";
import type { Reporter } from "../output/reporter.ts";

/**
 * Returns the absolute path of the folder: the one that was named, else the one that the settings name, else `traces` in
 * the state folder.
 *
 * @throws CulvertError `config` if the configuration cannot be read or the home directory is not known
 */
export async function traceFolder(
  named: string | undefined,
  world: World,
  reporter: Reporter,
): Promise<string> {
  if (named !== undefined) return absolutePath(named, world.cwd());
  const settings = await loadSettings({}, world);
  settings.warnings.forEach(reporter.warn);
  if (settings.trace !== undefined) return settings.trace.root;
  const state = stateFolder(world);
  if (state !== undefined) return join(state, "traces");
  throw new CulvertError("config", "Cannot find the folder of traces: HOME is not set", {
    hint: "Set CODEX_ROLLOUT_TRACE_ROOT, or name the folder with --root.",
  });
}
