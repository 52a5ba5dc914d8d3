/**
 * Filters characters that control a terminal or are invisible. Names in certificates, replies of servers and
 * file names come from outside and are printed only through this filter.
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
  /** Replaces each removed character. Default U+FFFD, which makes the removal visible. */
  readonly replacement?: string;
}

/**
 * Control characters (C0, DEL, C1), the Unicode separators of lines and paragraphs, and format characters
 * (bidirectional controls, zero-width characters, byte-order marks, tags).
 */
const FILTERED = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/gu;

/**
 * Replaces every control, bidirectional and zero-width character of a text. The work is linear in the length
 * of the text, and filtering twice gives the same as filtering once.
 *
 * @param text text from any source
 * @param options the characters to keep, and the replacement of the others
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
