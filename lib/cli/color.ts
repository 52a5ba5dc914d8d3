/**
 * Whether a stream gets colour.
 *
 * @module
 */
import type { Environment } from "../world.ts";
import type { OutputStream } from "./host.ts";

/**
 * `--color` decides; then `NO_COLOR` (no-color.org: set and not empty), then `CLICOLOR_FORCE`; else a terminal that
 * is not dumb.
 */
export function wantsColor(
  flag: "auto" | "always" | "never" | undefined,
  stream: Pick<OutputStream, "isTerminal">,
  env: Environment,
): boolean {
  if (flag === "always" || flag === "never") return flag === "always";
  if ((env("NO_COLOR") ?? "") !== "") return false;
  if (!["", "0"].includes(env("CLICOLOR_FORCE") ?? "")) return true;
  return stream.isTerminal && env("TERM") !== "dumb";
}
