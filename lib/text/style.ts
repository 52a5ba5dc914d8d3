/**
 * Color and weight of text on a terminal.
 *
 * A style is written as a pair of marks around the text, which are Unicode noncharacters after a random key,
 * and {@link applyStyles} converts them to escape sequences after control characters were filtered. The
 * filter therefore needs no exception for escape sequences, and text from a server cannot contain valid
 * marks. (Unicode 16.0 §23.7: noncharacters U+FDD0 to U+FDEF are for internal use.)
 *
 * @module
 */
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

/** Surrounds text with a style, or returns it unchanged if styles are disabled. */
export type Style = Readonly<Record<keyof typeof PARAMETERS, (text: string) => string>>;

/** The first of the noncharacters. */
const FIRST = 0xfdd0;

/** Matches every noncharacter that is used in marks. */
const MARKS = /[\ufdd0-\ufdef]/g;

/**
 * The prefix of each mark: noncharacters that are chosen at random in each process. Text from outside can
 * contain noncharacters, but not these in this order, so that it has no style.
 */
const KEY = String.fromCharCode(
  ...Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => FIRST + (byte & 31)),
);

/** Matches a mark with the key before it, or one noncharacter. */
const KEYED = new RegExp(`${KEY}([\\ufdd0-\\ufdef])|[\\ufdd0-\\ufdef]`, "g");

/** Returns the styles, or functions that change nothing if `colored` is false. */
export function createStyle(colored: boolean): Style {
  const names = Object.keys(PARAMETERS);
  const surround = (name: keyof typeof PARAMETERS) => (text: string) => {
    if (!colored) return text;
    const begin = FIRST + 2 * names.indexOf(name);
    return `${KEY}${String.fromCharCode(begin)}${text}${KEY}${String.fromCharCode(begin + 1)}`;
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

/** Converts the marks of {@link createStyle} to escape sequences, and replaces other noncharacters. */
export function applyStyles(text: string): string {
  return text.replace(KEYED, (_whole, mark: string | undefined) => {
    if (mark === undefined) return "\ufffd";
    const offset = mark.charCodeAt(0) - FIRST;
    const parameter = Object.values(PARAMETERS)[offset >> 1]?.[offset % 2];
    return parameter === undefined ? "\ufffd" : `\x1b[${parameter}m`;
  });
}

/** Replaces the noncharacters of text from outside, so that it has no style. */
export function removeStyles(text: string): string {
  return text.replace(MARKS, "\ufffd");
}
