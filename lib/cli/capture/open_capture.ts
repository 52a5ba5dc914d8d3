/**
 * Opens the capture that an argument names.
 *
 * @module
 */
import { loadCapture } from "../../capture/export/load_capture.ts";
import { damageWarnings } from "../../capture/record/read/capture_damage.ts";
import type { LoadedCapture } from "../../capture/record/read/exchanges.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { Host } from "../command/host.ts";
import type { Reporter } from "../output/reporter.ts";

/**
 * Loads a capture, and warns of what cannot be read of it.
 *
 * @param name a directory or a HAR file, relative to the working directory
 * @throws CulvertError `input_unreadable`
 */
export async function openCapture(
  name: string,
  host: Pick<Host, "world">,
  reporter: Pick<Reporter, "warn">,
): Promise<LoadedCapture> {
  const capture = await loadCapture(absolutePath(name, host.world.cwd()));
  for (const warning of damageWarnings(name, capture.damage)) reporter.warn(warning);
  return capture;
}
