/**
 * The filter for characters that a terminal obeys or that hide from the reader. Names in certificates, replies of
 * servers and file names come from others and are printed only through it.
 *
 * @module
 */

/** Options of {@link removeControls}. */
export interface ControlFilter {
  /** Keeps line feeds; a carriage return before one is dropped. Default false. */
  readonly newline?: boolean;
  /** Keeps tabs. Default false. */
  readonly tab?: boolean;
  /**
   * Keeps U+200C and U+200D, which join and separate letters of several scripts and the parts of an emoji. They
   * cannot reorder text. Default false.
   */
  readonly joiners?: boolean;
  /** Stands in place of each character that is taken out. Default U+FFFD, which shows that something was there. */
  readonly replacement?: string;
}

/**
 * Control characters (C0, DEL, C1), the Unicode separators of lines and paragraphs, and format characters
 * (bidirectional controls, zero-width characters, byte-order marks, tags).
 */
const FILTERED = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/gu;

/**
 * Replaces every control, bidirectional and zero-width character of a text. The work is linear in the length of
 * the text, and filtering twice gives the same as filtering once.
 *
 * @param text text from anywhere
 * @param options characters that stay, and what replaces the others
 */
export function removeControls(text: string, options: ControlFilter = {}): string {
  const { newline = false, tab = false, joiners = false, replacement = "\ufffd" } = options;
  const lines = newline ? text.replaceAll("\r\n", "\n") : text;
  return lines.replace(FILTERED, (character) => {
    if (character === "\n" && newline) return character;
    if (character === "\t" && tab) return character;
    if ((character === "\u200c" || character === "\u200d") && joiners) return character;
    return replacement;
  });
}
