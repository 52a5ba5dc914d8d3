/**
 * Colour, for what is said to people on stderr. Data on stdout is never coloured.
 *
 * @module
 */
import type { Environment } from "../../world/world.ts";

/** What `--color` says. */
export type ColorChoice = "auto" | "always" | "never";

/** Decorates text, or leaves it as it is. */
export interface Style {
  readonly error: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly good: (text: string) => string;
  readonly faint: (text: string) => string;
}

/**
 * Whether to colour a stream. The flag decides; else `NO_COLOR`, not empty, forbids it; else `CLICOLOR_FORCE`,
 * not empty and not `0`, demands it; else a terminal has it, unless `TERM` is `dumb`. (no-color.org,
 * bixense.com/clicolors)
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

/** The style of a stream that is coloured, or is not. */
export function createStyle(colored: boolean): Style {
  const paint = (on: number, off: number) => (text: string) =>
    colored ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return { error: paint(31, 39), warning: paint(33, 39), good: paint(32, 39), faint: paint(2, 22) };
}
