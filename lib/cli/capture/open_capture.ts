/**
 * Opens the capture that an argument names.
 *
 * @module
 */
import { loadCapture } from "../../capture/export/load_capture.ts";
import { damageWarnings } from "../../capture/record/read/capture_damage.ts";
import type { LoadedCapture } from "../../capture/record/read/exchanges.ts";
import { CulvertError } from "../../errors.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { Host } from "../command/host.ts";
import type { Reporter } from "../output/reporter.ts";

/**
 * Returns the path that an argument names.
 *
 * @throws CulvertError `usage` for an empty argument, which would stand for the working directory
 */
export function capturePath(name: string, { world }: Pick<Host, "world">): string {
  if (name !== "") return absolutePath(name, world.cwd());
  throw new CulvertError("usage", "The name of the capture is empty", {
    hint: "Name the directory that culvert capture wrote, or a HAR file.",
  });
}

/**
 * Loads a capture, and warns of what cannot be read of it.
 *
 * @param name a directory or a HAR file, relative to the working directory
 * @throws CulvertError `input_unreadable`; `usage` for an empty name
 */
export async function openCapture(
  name: string,
  host: Pick<Host, "world">,
  reporter: Pick<Reporter, "warn">,
): Promise<LoadedCapture> {
  const capture = await loadCapture(capturePath(name, host), host.world);
  for (const warning of damageWarnings(name, capture.damage)) reporter.warn(warning);
  return capture;
}
