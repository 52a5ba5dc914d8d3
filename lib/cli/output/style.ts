/**
 * Colour and weight of text on a terminal.
 *
 * A style is written as a pair of Unicode noncharacters around the text, and {@link applyStyles} turns them into
 * escape sequences after control characters were filtered. So the filter needs no exception for escape sequences, and
 * text from a server cannot bring its own. (Unicode 16.0 §23.7: noncharacters U+FDD0 to U+FDEF are for internal use.)
 *
 * @module
 */
import type { Environment } from "../../world/world.ts";

/** The values of `--color`. */
export type ColorChoice = "auto" | "always" | "never";

/** Parameters of the escape sequences that begin and end each style (ECMA-48, SGR). */
const PARAMETERS = {
  error: [31, 39],
  warning: [33, 39],
  good: [32, 39],
  faint: [2, 22],
  bold: [1, 22],
  italic: [3, 23],
  underline: [4, 24],
  struck: [9, 29],
  code: [36, 39],
} as const;

/** Surrounds text with a style, or returns it unchanged where nothing is styled. */
export type Style = Readonly<Record<keyof typeof PARAMETERS, (text: string) => string>>;

/** The first of the noncharacters. */
const FIRST = 0xfdd0;

/**
 * Tells whether a stream is coloured. `--color` decides; else `NO_COLOR`, not empty, turns colour off; else
 * `CLICOLOR_FORCE`, not empty and not `0`, turns it on; else a terminal is coloured, unless `TERM` is `dumb`.
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

/** Returns the style of a stream. */
export function createStyle(colored: boolean): Style {
  const names = Object.keys(PARAMETERS);
  const surround = (name: keyof typeof PARAMETERS) => (text: string) => {
    if (!colored) return text;
    const begin = FIRST + 2 * names.indexOf(name);
    return `${String.fromCharCode(begin)}${text}${String.fromCharCode(begin + 1)}`;
  };
  return {
    error: surround("error"),
    warning: surround("warning"),
    good: surround("good"),
    faint: surround("faint"),
    bold: surround("bold"),
    italic: surround("italic"),
    underline: surround("underline"),
    struck: surround("struck"),
    code: surround("code"),
  };
}

/** Turns the noncharacters of {@link createStyle} into escape sequences. */
export function applyStyles(text: string): string {
  return text.replace(/[\ufdd0-\ufdef]/g, (character) => {
    const offset = character.charCodeAt(0) - FIRST;
    const parameter = Object.values(PARAMETERS)[offset >> 1]?.[offset % 2];
    return parameter === undefined ? "\ufffd" : `\x1b[${parameter}m`;
  });
}
