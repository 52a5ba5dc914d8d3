/**
 * Decides whether a stream is colored.
 *
 * @module
 */
import type { Environment } from "../../world/world.ts";

/** The values of `--color`. */
export type ColorChoice = "auto" | "always" | "never";

/**
 * Tells whether a stream is colored. `--color` decides; else `NO_COLOR`, not empty, turns color off; else
 * `CLICOLOR_FORCE`, not empty and not `0`, turns it on; else a terminal is colored, unless `TERM` is `dumb`.
 * (no-color.org, bixense.com/clicolors)
 */
export function wantsColor(
  choice: ColorChoice | undefined,
  stream: { readonly isTerminal: boolean },
  env: Environment,
): boolean {
  if (choice === "always") return true;
  if (choice === "never") return false;
  if (isSet(env("NO_COLOR"))) return false;
  const force = env("CLICOLOR_FORCE");
  if (isSet(force) && force !== "0") return true;
  return stream.isTerminal && env("TERM") !== "dumb";
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
